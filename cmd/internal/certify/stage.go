package certify

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"text/template"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/templates"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
	"github.com/hr2coupa/hr2coupa/transport/notify"
	"github.com/hr2coupa/hr2coupa/transport/twin"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// certification is where scenarios are played by one route: a twin of their own, or a test instance. Everything they leave lies
// in its folder: feeds, ledger, diary.
type certification struct {
	env   *wiring.Env
	dir   string
	pipe  *wiring.Pipeline
	users export.Directory
	ears  *ears // nil where notices go to the targets of somebody's config
	shut  []func() error

	over string // why nothing more is played; "" while all is well
}

func (s *certification) close() error {
	var errs []error
	for _, shut := range slices.Backward(s.shut) {
		errs = append(errs, shut())
	}
	return errors.Join(errs...)
}

// onTwin starts a twin and somebody who hears notices.
func onTwin(ctx context.Context, env *wiring.Env, dir, route string, switches []string) (*certification, error) {
	sw, err := switchesOf(switches)
	if err != nil {
		return nil, exit.Usage("certify: --set: %w", err)
	}
	s := &certification{env: env, dir: dir}
	if err := s.raise(ctx, route, sw); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// raise starts the twin and the ears; what was started by the time of an error is among what close shuts.
func (s *certification) raise(ctx context.Context, route string, sw switchboard.Switches) error {
	t, err := twin.Start(ctx, twin.Options{
		Users: bytes.NewReader(templates.CertifyUsers()), User: "certify", ClientID: "certify", Now: s.env.Now, Switches: sw,
	})
	if err != nil {
		return err
	}
	s.shut = append(s.shut, t.Close)
	if s.ears, err = listen(ctx); err != nil {
		return err
	}
	s.shut = append(s.shut, s.ears.close)
	err = s.lay(ctx, t.URL(), route, map[string]string{
		"SFTPAddress": t.SFTPAddr(), "HostKey": t.HostKeyFingerprint(), "Webhook": s.ears.url(),
	}, func(name string) string {
		env := t.Env()
		return map[string]string{
			"CERTIFY_SFTP_PASSWORD": env["COUPA_SFTP_PASSWORD"], "CERTIFY_COUPA_SECRET": env["COUPA_CLIENT_SECRET"],
			"CERTIFY_WEBHOOK_SECRET": s.ears.key.Reveal(),
		}[name]
	})
	if err != nil {
		return err
	}
	return s.meet()
}

// onInstance leads to an instance as the administrator's config does; what is sent there is certify's own.
func onInstance(ctx context.Context, env *wiring.Env, theirs *config.Config, dir, route string) (*certification, error) {
	s := &certification{env: env, dir: dir}
	if err := s.lay(ctx, theirs.Instance, route, nil, env.Getenv); err != nil {
		return nil, err
	}
	cfg := s.pipe.Config
	cfg.SFTP, cfg.Coupa, cfg.Load, cfg.Verify, cfg.Notify = theirs.SFTP, theirs.Coupa, theirs.Load, theirs.Verify, theirs.Notify
	cfg.Protect, cfg.IntegrationUsers, cfg.Feed.TimeZone = theirs.Protect, theirs.IntegrationUsers, theirs.Feed.TimeZone
	return s, s.meet()
}

// lay writes the config that the scenarios are played with into its folder, and reads it as any other.
func (s *certification) lay(ctx context.Context, instance, route string, twinConfig map[string]string, getenv func(string) string) error {
	tpl, err := template.New("config").Parse(string(templates.CertifyConfig()))
	if err != nil {
		return fmt.Errorf("certify's config: %w", err)
	}
	var conf bytes.Buffer
	err = tpl.Execute(&conf, map[string]any{"Instance": instance, "Route": route, "Ledger": filepath.Join(s.dir, "ledger"), "Twin": twinConfig})
	if err != nil {
		return fmt.Errorf("certify's config: %w", err)
	}
	own := *s.env
	own.ConfigFile, own.Getenv = filepath.Join(s.dir, "hr2coupa.yaml"), getenv
	if err := os.WriteFile(own.ConfigFile, conf.Bytes(), 0o600); err != nil {
		return err
	}
	s.pipe, err = wiring.ReadPipeline(ctx, &own, config.Options{NeedSecrets: twinConfig != nil, FeedGiven: true})
	return err
}

// meet makes the client by which certify itself looks users up.
func (s *certification) meet() error {
	client, err := coupa.NewClient(wiring.CoupaConfig(s.pipe.Config), s.env.Log)
	if err != nil {
		return &exit.Error{Code: export.ExitUsage, Err: err}
	}
	s.users = client.Users()
	return nil
}

// ears hears notices on loopback: a webhook's receiver.
type ears struct {
	srv  *http.Server
	addr net.Addr
	key  export.Secret
	work export.Group

	mu    sync.Mutex
	heard []notify.Message
}

func listen(ctx context.Context) (*ears, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("receiver of notices: %w", err)
	}
	e := &ears{addr: ln.Addr(), key: export.NewSecret(rand.Text())}
	e.srv = &http.Server{Handler: e, ReadHeaderTimeout: 10 * time.Second}
	e.work.Go(func() { e.srv.Serve(ln) }) // it ends with close; what it is asked after that is told by the sender
	return e, nil
}

func (e *ears) url() string { return "http://" + e.addr.String() + "/notices" }
func (e *ears) close() error {
	err := e.srv.Close()
	e.work.Wait()
	return err
}

// ServeHTTP takes a notice, if it is signed with the key.
func (e *ears) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	var m notify.Message
	if err != nil || r.Header.Get(notify.SignatureHeader) != notify.Signature(e.key, body) || json.Unmarshal(body, &m) != nil {
		http.Error(w, "not a notice", http.StatusBadRequest)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, m)
}

// take gives what was heard since it was last asked.
func (e *ears) take() []notify.Message {
	if e == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	heard := e.heard
	e.heard = nil
	return heard
}
