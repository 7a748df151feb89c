package prospect

import (
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/export"
)

// goesBeside reports whether a plan is made beside a held run and leaves it alone: an urgent change, files that a person has
// named and that go by API. A person who names only files of the held run means that run.
func (a *Ask) goesBeside(k *recollection) bool {
	kept := k.outlook.Kept
	if kept == nil || len(kept.Held) == 0 || a.Pipe.Config.Route != config.RouteAPI || a.wholeFeed() {
		return false
	}
	return len(k.paths) > 0 || !slices.ContainsFunc(k.seen, func(f export.SeenFile) bool {
		return f.Run == kept.Run || slices.Contains(f.Later, kept.Run)
	})
}

// Refusal returns why an urgent change is not sent beside a held run; held is that run's id.
func Refusal(held string) string {
	return "refused: it is beyond a limit, and cannot be held, since run " + held + " is; nothing is sent, nothing is recorded, and that run stays as it is"
}

// AfterRefusal returns what to do after a Refusal, one step a line.
func AfterRefusal(held string) []string {
	return []string{
		"if it is meant, raise the limit in the config, then the same command",
		"or end run " + held + " first (hr2coupa approve and run, or settle), then the same command: it is held then, and can be approved",
	}
}
