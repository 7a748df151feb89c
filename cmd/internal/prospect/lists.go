package prospect

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// lists asks Coupa for the lists that values are looked up in. A plan that asks Coupa nothing leaves them out, and says so.
func (a *Ask) lists(ctx context.Context, env *wiring.Env, p *Prospect) error {
	if !a.Pipe.AsksLists() {
		return nil
	}
	cfg := a.Pipe.Config
	doubt := func(message, hint string) {
		p.Doubts = append(p.Doubts, export.Fault{Origin: export.Origin{File: filepath.Base(cfg.File), Line: cfg.Line("references")}, Rule: "references", Message: message, Hint: hint})
	}
	if a.Alone {
		doubt("Coupa's own lists are not looked at, since this command does not ask Coupa", "")
		return nil
	}
	client, err := a.client(env)
	if err != nil {
		return err
	}
	asking, done := env.Wait(ctx, "reading lists of Coupa")
	read, doubts, err := a.Pipe.AskLists(asking, client)
	done()
	if err != nil {
		return err
	}
	said := make([]string, len(read))
	for i, r := range read {
		said[i] = fmt.Sprintf("%s %s", export.Plural(r.Len(), "name"), r.Title())
	}
	if len(said) > 0 {
		env.Log.Info("read: " + strings.Join(said, ", "))
	}
	for _, err := range doubts {
		doubt(err.Error()+", so the column is not looked up", "hr2coupa doctor says what it needs; or name a file with the names")
	}
	return nil
}
