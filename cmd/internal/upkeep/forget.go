package upkeep

import (
	"errors"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rejected"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Forget removes what the ledger's folder holds of the person with that key, and prints what it was.
func Forget(env *wiring.Env, cfg *config.Config, key string) error {
	if key == "" {
		return exit.Usage("ledger forget: the key is empty")
	}
	l, done, err := wiring.UseLedger(env, cfg, "ledger forget")
	if err != nil {
		return err
	}
	defer done()
	f, err := l.Forget(key)
	if tidy := alike.Tidy(key); err == nil && f == (ledger.Forgotten{}) && tidy != key { // as HR writes it, and as it is compared
		f, err = l.Forget(tidy)
	}
	var notFinal *ledger.NotFinalError
	var kept *ledger.KeptError
	if errors.As(err, &notFinal) || errors.As(err, &kept) || errors.As(err, new(*ledger.UnfilledError)) {
		return exit.Usage("%w", err)
	}
	files := 0
	if err == nil {
		files, err = rejected.Forget(cfg.Ledger, alike.Tidy(key))
	}
	if err != nil {
		return err
	}
	if f.Rows == 0 && f.Dated == 0 && !f.Known && files == 0 { // files of the spool may go with whomever
		if like, err := l.KeysLike(alike.Tidy(key)); err != nil || len(like) > 0 {
			return errors.Join(err, export.Hint(exit.Usage("the ledger holds no person with this key, but in another case"), "hr2coupa explain KEY shows the key as HR writes it: give that"))
		}
	}
	if f == (ledger.Forgotten{}) && files == 0 {
		return export.Hint(exit.Usage("the ledger holds no person with this key"), "give the value of feed.key as HR writes it%s", stillKnown(wiring.KnownLines(cfg, key)))
	}
	at := wiring.KnownLines(cfg, key)
	if env.JSON {
		return show.JSON(env, struct {
			ledger.Forgotten
			Rejected int      `json:"rejected_files,omitempty"`
			Known    []string `json:"known,omitempty"` // overrides that still name the person
		}{f, files, at})
	}
	gone := []string{"values of " + export.Plural(f.Rows, "row"), export.Plural(f.Spool, "file") + " of the spool"}
	if f.Dated > 0 {
		gone = append(gone, export.Plural(f.Dated, "change")+" that waited for a day")
	}
	if files > 0 {
		gone = append(gone, export.Plural(files, "file")+" of rejected records")
	}
	if f.Known {
		gone = append(gone, "the person")
	}
	err = env.Stdout.Printf("forgotten: %s; backups may still hold them%s\n", strings.Join(gone, ", "), stillKnown(at))
	return err
}

// stillKnown says which overrides name a person; "" if none does.
func stillKnown(at []string) string {
	if len(at) == 0 {
		return ""
	}
	return "; " + strings.Join(at, ", ") + " still names the person: remove it by hand"
}
