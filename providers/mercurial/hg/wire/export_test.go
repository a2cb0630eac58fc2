package wire

// SetSlice makes Pull ask for n changesets at once.
func (p *Peer) SetSlice(n int) { p.slice = n }
