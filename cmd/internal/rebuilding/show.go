package rebuilding

import (
	"context"
	"maps"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Show rebuilds, and prints what it came to.
func Show(ctx context.Context, env *wiring.Env, o Options) error {
	res, err := Rebuild(ctx, env, o)
	if err != nil {
		return err
	}
	if env.JSON {
		return show.JSON(env, res)
	}
	w := env.Stdout.Text()
	from := "by API, " + export.Plural(res.Calls, "call")
	if res.From != "api" {
		from = res.From
	}
	w.Printf("rebuilt: the ledger knows %s of %s (%s)\n", export.Plural(res.Taken, "user"), res.Instance, from)
	w.Printf("  %d read = %d taken + %d without %s + %d with one that several have + %d without a login\n", res.Users, res.Taken, res.NoKey, res.Key, res.SameKey, res.NoLogin)
	w.Printf("  run %s; HR's key is %s\n", res.Run, res.Key)
	if len(res.Same) > 0 {
		w.Printf("  several users have one %s: %s\n", res.Key, words.SomeOf(res.Same))
	}
	for _, c := range res.Left {
		w.Printf("  unknown of everyone: %s: %s\n", c.Column, show.LeftColumnWord(c.Why))
	}
	for _, name := range slices.Sorted(maps.Keys(res.Unlike)) {
		w.Printf("  unknown of %s: %s: what Coupa shows has no form of the import\n", export.Plural(res.Unlike[name], "user"), name)
	}
	for _, f := range res.Files {
		w.Printf("  counts as seen, and is not sent: %s\n", export.Plain(f.Name))
	}
	w.Printf("\nNext\n  hr2coupa plan shows what HR's files would change now\n")
	if len(res.Files) == 0 {
		w.Printf("  %s\n", filesAreNew)
	}
	return w.Err()
}

const filesAreNew = "files of the feed that were sent before the ledger was lost are new to it: hr2coupa " + ledger.Rebuild + " --adopt counts them as seen"
