package wiring

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/regular"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

// NoticeTexts compiles the texts of notices, the administrator's in place of the built-in ones.
func NoticeTexts(cfg *config.Config) (*notify.Texts, error) {
	if cfg.Notify.Templates == "" {
		return notify.NewTexts(nil)
	}
	return notify.NewTexts(regular.Folder(cfg.Notify.Templates, maxNoticeText))
}

// noticeFaults returns faults of the administrator's templates, on the line that names their folder.
func noticeFaults(cfg *config.Config) []config.Fault {
	if cfg == nil || cfg.Notify.Templates == "" {
		return nil
	}
	var faults []config.Fault
	_, err := NoticeTexts(cfg)
	for _, err := range unjoin(err) {
		faults = append(faults, cfg.Fault(cfg.Notify.TemplatesAt, err.Error(), cmp.Or(export.HintText(err), "docs/notices.md lists what a template may use")))
	}
	return faults
}

// Targets makes the senders. The outbox names a target with a secret address by its hash.
func Targets(cfg *config.Config, texts *notify.Texts) []notify.Target {
	var out []notify.Target
	for _, c := range cfg.Notify.Targets {
		t := notify.Target{On: c.On, Owner: c.Owner}
		if m := c.Mail; m != nil {
			t.To = &notify.Mail{Server: m.Server, TLS: m.TLS, CA: m.CA, User: m.User, Password: m.Password, From: m.From, To: m.To, Texts: texts}
			t.Name = fmt.Sprintf("%s to %s", t.To, strings.Join(m.To, ", "))
		}
		if w := c.Webhook; w != nil {
			t.To = &notify.Webhook{URL: w.URL, Format: w.Format, Key: w.Secret, Texts: texts}
			t.Name = fmt.Sprintf("%s, %x", t.To, sha256.Sum256([]byte(w.URL.Reveal())))
		}
		for n, name := 2, t.Name; slices.ContainsFunc(out, func(o notify.Target) bool { return o.Name == t.Name }); n++ {
			t.Name = fmt.Sprintf("%s #%d", name, n)
		}
		out = append(out, t)
	}
	return out
}

// ColumnNames returns the fields that notices may name in a fault of a row.
func ColumnNames(cfg *config.Config) []string {
	var names []string
	for _, c := range cfg.Mapping.Columns {
		if known, ok := layout.Lookup(c.Name); ok {
			names = append(names, known.Name)
		}
		names = append(names, c.Name)
	}
	return names
}

// HostOf returns the host of an instance, for subjects of notices.
func HostOf(instance string) string {
	_, host, _ := strings.Cut(instance, "://")
	return host
}

// Hostname returns the name of this machine, "unknown" if it has none.
func Hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

// maxNoticeText is the most bytes of one template of an administrator.
const maxNoticeText = 1 << 20

// SendingTime is how long one target may take in all, at the end of a start.
const SendingTime = 30 * time.Second
