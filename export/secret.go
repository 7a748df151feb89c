package export

import "log/slog"

// Secret holds a secret value and cannot print it: every formatting verb, JSON, YAML and slog show [secret].
type Secret struct{ reveal func() string }

// NewSecret wraps a value.
func NewSecret(value string) Secret { return Secret{func() string { return value }} }

// Reveal gives the value, for the one call on the wire that needs it.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsZero tells whether no value was given.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

func (Secret) String() string               { return "[secret]" }
func (Secret) GoString() string             { return "[secret]" }
func (Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }
func (Secret) LogValue() slog.Value         { return slog.StringValue("[secret]") }
