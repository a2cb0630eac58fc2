package engine

import "context"

func (s *stage) links(context.Context) error { return nil }
