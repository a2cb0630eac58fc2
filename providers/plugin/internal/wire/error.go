package wire

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/drover-migrate/drover/providers"
	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
)

// EncodeError returns e for use inside a message. A nil e stays nil.
func EncodeError(e *providers.Error) *pb.Error {
	if e == nil {
		return nil
	}
	message := e.Message
	if message == "" && e.Err != nil {
		message = e.Err.Error()
	}
	return &pb.Error{
		Code: text(string(e.Code)), Op: text(human(e.Op)), Subject: []byte(human(e.Subject)),
		Message: []byte(human(message)), Hint: []byte(human(e.Hint)),
		Attribute: text(human(e.Attribute)), Until: encodeTime(e.Until),
	}
}

// DecodeError is the inverse of EncodeError. A code that is not one of the
// contract's becomes CodeInternal.
func DecodeError(m *pb.Error) *providers.Error {
	if m == nil {
		return nil
	}
	code := providers.Code(m.Code)
	if _, ok := statusCode(code); !ok {
		code = providers.CodeInternal
	}
	return &providers.Error{
		Code: code, Op: human(m.Op), Subject: human(string(m.Subject)), Message: human(string(m.Message)),
		Hint: human(string(m.Hint)), Attribute: human(m.Attribute), Until: decodeTime(m.Until),
	}
}

// Status returns err, as any method of a provider returned it, as the gRPC
// status that carries it. Status(nil) is nil.
func Status(err error) error {
	if err == nil {
		return nil
	}
	e := providers.AsError(err)
	code, ok := statusCode(e.Code)
	if !ok {
		code = codes.Internal
	}
	s, detailErr := status.New(code, text(human(e.Error()))).WithDetails(EncodeError(e))
	if detailErr != nil {
		return status.Error(code, text(human(e.Error())))
	}
	return s.Err()
}

// FromStatus returns the error that err carries, or nil when it carries none:
// then it was not the provider who made it.
func FromStatus(err error) *providers.Error {
	s, ok := status.FromError(err)
	if !ok {
		return nil
	}
	for _, detail := range s.Details() {
		if m, ok := detail.(*pb.Error); ok {
			return DecodeError(m)
		}
	}
	return nil
}

// CodeOfStatus is the nearest code for a status without details.
func CodeOfStatus(err error) providers.Code {
	switch status.Code(err) {
	case codes.Unauthenticated:
		return providers.CodeAuth
	case codes.NotFound:
		return providers.CodeNotFound
	case codes.PermissionDenied:
		return providers.CodeDenied
	case codes.InvalidArgument:
		return providers.CodeInvalid
	case codes.FailedPrecondition, codes.AlreadyExists:
		return providers.CodeConflict
	case codes.Unimplemented:
		return providers.CodeUnsupported
	case codes.Unavailable, codes.Canceled, codes.DeadlineExceeded, codes.Aborted:
		return providers.CodeUnavailable
	}
	// ResourceExhausted belongs here too: without details it is gRPC that
	// refuses a message for its size, and waiting would not help.
	return providers.CodeInternal
}

// statusCode is what tools that know gRPC only see, and whether code is one of
// the contract's.
func statusCode(code providers.Code) (codes.Code, bool) {
	switch code {
	case providers.CodeAuth:
		return codes.Unauthenticated, true
	case providers.CodeNotFound:
		return codes.NotFound, true
	case providers.CodeDenied:
		return codes.PermissionDenied, true
	case providers.CodeInvalid:
		return codes.InvalidArgument, true
	case providers.CodeConflict:
		return codes.FailedPrecondition, true
	case providers.CodeUnsupported:
		return codes.Unimplemented, true
	case providers.CodeRateLimited:
		return codes.ResourceExhausted, true
	case providers.CodeUnavailable:
		return codes.Unavailable, true
	case providers.CodeInternal:
		return codes.Internal, true
	}
	return codes.Unknown, false
}
