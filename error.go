package millrace

import (
	"errors"
	"fmt"
)

// Code says what kind of failure an Error is. The API maps codes to HTTP status in one table, the command line to exit codes in another.
type Code string

// The closed list of codes.
const (
	Invalid      Code = "invalid"      // the caller's input is wrong; Field says where
	NotFound     Code = "not_found"    // the named thing does not exist
	Conflict     Code = "conflict"     // the thing is not in a state that allows this
	Unauthorized Code = "unauthorized" // no valid credentials
	Forbidden    Code = "forbidden"    // valid credentials without the needed scope
	TooLarge     Code = "too_large"    // the input is over a documented limit
	RateLimited  Code = "rate_limited" // over the agreed rate; try again later
	Unavailable  Code = "unavailable"  // a part this needs is not there right now; try again
	Full         Code = "full"         // there is no room left on the server's disk
	Internal     Code = "internal"     // our defect; the message does not help the caller
)

// Error is the one error type that crosses packages. Op names the operation ("engine.Apply"); Message is for the person
// who caused it and says what to do next; Field is a JSON-pointer-like place in the input, empty when none applies.
type Error struct {
	Code    Code
	Op      string
	Field   string
	Message string
	Err     error
}

// Error joins operation, message and cause.
func (e *Error) Error() string {
	s := e.Message
	if s == "" && e.Err != nil {
		s = e.Err.Error()
	} else if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.Op != "" {
		s = e.Op + ": " + s
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error of the code with a formatted message for the caller.
func Errorf(code Code, op, format string, args ...any) *Error {
	return &Error{Code: code, Op: op, Message: fmt.Sprintf(format, args...)}
}

// FieldErrorf makes an Invalid error that names the field.
func FieldErrorf(op, field, format string, args ...any) *Error {
	return &Error{Code: Invalid, Op: op, Field: field, Message: fmt.Sprintf(format, args...)}
}

// ErrorCode is the code of the first *Error in err's chain, Internal for any other error, "" for nil.
func ErrorCode(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}
