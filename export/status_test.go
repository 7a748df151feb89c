package export

import "testing"

// TestStatusWord: a text in the place of a status is shown only where it has the form of one.
func TestStatusWord(t *testing.T) {
	const no = "something that is no status"
	for in, want := range map[string]string{
		" Done ": "Done", "Submitted to Resque": "Submitted to Resque", "pending_approval": "pending_approval", "retrying": "retrying",
		"Wanda Wolff": no, "wanda.wolff": no, "wanda@acme.example": no, "": no, "\x1b[31m": no, "a long text of so many words that nobody would call it one": no,
	} {
		if got := StatusWord(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
