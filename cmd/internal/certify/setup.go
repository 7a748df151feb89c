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

// certification plays scenarios by one route, on a twin of its own or on a test instance. All that they leave is in its
// folder: feeds, ledger, log.
type certification struct {
	env      *wiring.Env
	dir      string
	pipe     *wiring.Pipeline
	users    export.Directory
	receiver *noticeReceiver // nil if notices go to the targets of the instance's config
	shut     []func() error

	over string // why nothing more is played; "" while all is well
}

func (s *certification) close() error {
	var errs []error
	for _, shut := range slices.Backward(s.shut) {
		errs = append(errs, shut())
	}
	return errors.Join(errs...)
}

// onTwin starts a twin and a receiver of notices.
func onTwin(ctx context.Context, env *wiring.Env, dir, route string, switches []string) (*certification, error) {
	sw, err := switchesOf(switches)
	if err != nil {
		return nil, exit.Usage("certify: --set: %w", err)
	}
	s := &certification{env: env, dir: dir}
	if err := s.startTwin(ctx, route, sw); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// startTwin starts the twin and the receiver. After an error, close still shuts what was started.
func (s *certification) startTwin(ctx context.Context, route string, sw switchboard.Switches) error {
	t, err := twin.Start(ctx, twin.Options{
		Users: bytes.NewReader(templates.CertifyUsers()), User: "certify", ClientID: "certify", Now: s.env.Now, Switches: sw,
	})
	if err != nil {
		return err
	}
	s.shut = append(s.shut, t.Close)
	if s.receiver, err = listen(ctx); err != nil {
		return err
	}
	s.shut = append(s.shut, s.receiver.close)
	err = s.writeConfig(ctx, t.URL(), route, map[string]string{
		"SFTPAddress": t.SFTPAddr(), "HostKey": t.HostKeyFingerprint(), "Webhook": s.receiver.url(),
	}, func(name string) string {
		env := t.Env()
		return map[string]string{
			"CERTIFY_SFTP_PASSWORD": env["COUPA_SFTP_PASSWORD"], "CERTIFY_COUPA_SECRET": env["COUPA_CLIENT_SECRET"],
			"CERTIFY_WEBHOOK_SECRET": s.receiver.key.Reveal(),
		}[name]
	})
	if err != nil {
		return err
	}
	return s.connect()
}

// onInstance connects to an instance as the administrator's config does. The feed and the mapping are certify's own.
func onInstance(ctx context.Context, env *wiring.Env, theirs *config.Config, dir, route string) (*certification, error) {
	s := &certification{env: env, dir: dir}
	if err := s.writeConfig(ctx, theirs.Instance, route, nil, env.Getenv); err != nil {
		return nil, err
	}
	cfg := s.pipe.Config
	cfg.SFTP, cfg.Coupa, cfg.Load, cfg.Verify, cfg.Notify = theirs.SFTP, theirs.Coupa, theirs.Load, theirs.Verify, theirs.Notify
	cfg.Protect, cfg.IntegrationUsers, cfg.Feed.TimeZone = theirs.Protect, theirs.IntegrationUsers, theirs.Feed.TimeZone
	return s, s.connect()
}

// writeConfig writes the config of the scenarios into the folder and reads it like any other.
func (s *certification) writeConfig(ctx context.Context, instance, route string, twinConfig map[string]string, getenv func(string) string) error {
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

// connect makes the client with which certify itself looks users up.
func (s *certification) connect() error {
	client, err := coupa.NewClient(wiring.CoupaConfig(s.pipe.Config), s.env.Log)
	if err != nil {
		return &exit.Error{Code: export.ExitUsage, Err: err}
	}
	s.users = client.Users()
	return nil
}

// noticeReceiver is a webhook on loopback that receives notices.
type noticeReceiver struct {
	srv  *http.Server
	addr net.Addr
	key  export.Secret
	work export.Group

	mu      sync.Mutex
	notices []notify.Message
}

func listen(ctx context.Context) (*noticeReceiver, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("receiver of notices: %w", err)
	}
	n := &noticeReceiver{addr: ln.Addr(), key: export.NewSecret(rand.Text())}
	n.srv = &http.Server{Handler: n, ReadHeaderTimeout: 10 * time.Second}
	n.work.Go(func() { n.srv.Serve(ln) }) // it ends with close; a request after that fails at its sender
	return n, nil
}

func (n *noticeReceiver) url() string { return "http://" + n.addr.String() + "/notices" }
func (n *noticeReceiver) close() error {
	err := n.srv.Close()
	n.work.Wait()
	return err
}

// ServeHTTP takes a notice if it is signed with the key.
func (n *noticeReceiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	var m notify.Message
	if err != nil || r.Header.Get(notify.SignatureHeader) != notify.Signature(n.key, body) || json.Unmarshal(body, &m) != nil {
		http.Error(w, "not a notice", http.StatusBadRequest)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.notices = append(n.notices, m)
}

// take returns the notices that arrived since the last call.
func (n *noticeReceiver) take() []notify.Message {
	if n == nil {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	since := n.notices
	n.notices = nil
	return since
}
