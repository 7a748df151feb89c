package export

import "log/slog"

// Secret holds a secret value and cannot print it: every formatting verb, JSON, YAML and slog show [secret].
type Secret struct{ reveal func() string }

// NewSecret wraps a value.
func NewSecret(value string) Secret { return Secret{func() string { return value }} }

// Reveal returns the value, for the one call that sends it.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsZero reports whether no value was given.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// String returns [secret].
func (Secret) String() string { return "[secret]" }

// GoString returns [secret].
func (Secret) GoString() string { return "[secret]" }

// MarshalText returns [secret], for JSON and YAML.
func (Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// LogValue returns [secret], for slog.
func (Secret) LogValue() slog.Value { return slog.StringValue("[secret]") }
