package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// plantedFeed holds people of whom no log may show more than the number. Coupa refuses two of them, hr2coupa one.
const plantedFeed = `employee_id,login,work_email,first_name,last_name,status,department
000101,planted.login,planted.one@acme.example,Plantedfirst,Plantedlast,active,Legal
000102,planted.two,planted.two@acme.example,Plantedfirsttwo,Plantedlasttwo,active,Plantedplace
000103,planted.three,planted-mail,Plantedfirstthree,Plantedlastthree,active,Legal
000104,planted.four,planted.four@acme.example,"Plantedfirst
four",Plantedlastfour,active,Plantedplace
`

// privateWords are all values that were planted, and the forms in which secrets go over wires. eyJhbGciOi begins every
// token that the twin issues.
func privateWords() []string {
	words := []string{"planted", "wanda.wolff", "acme.example", "eyJhbGciOi", "_coupa_session"}
	for _, secret := range []string{plantedPassword, plantedSecret, plantedCookie, "twin:" + plantedSecret, "coupa:" + plantedPassword} {
		words = append(words, strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret)), "="), strconv.Quote(secret), url.QueryEscape(secret))
	}
	return words
}

// gossip is a folder with a config, a twin, and an HTTP proxy between them that puts into every error of Coupa's what an error
// should not contain.
type gossip struct {
	*world
	t      *testing.T
	format string
	env    []string
}

func newGossip(t *testing.T, format string) *gossip {
	n := &gossip{world: &world{dir: t.TempDir(), config: defaultConfig()}, t: t, format: format}
	t.Cleanup(n.close)
	users, err := os.ReadFile(filepath.Join(files, "users.json"))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"users.json": users, "feed.csv": []byte(plantedFeed)} {
		if err := os.WriteFile(filepath.Join(n.dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	proxy := between(n.world, tattle)
	t.Cleanup(proxy.Close)
	n.config.set("instance", proxy.URL)
	n.config.set("coupa.url", proxy.URL)
	return n
}

// between is an HTTP proxy before the world's twin, whichever that is, that changes its answers.
func between(w *world, change func(*http.Response) error) *httptest.Server {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			twin, _ := url.Parse(w.twin.URL())
			r.SetURL(twin)
			if path, _, spoilt := strings.Cut(r.Out.URL.Path, " "); spoilt { // a load that was seen before its end is asked for by the id that change has spoilt
				r.Out.URL.Path, r.Out.URL.RawPath = path, ""
			}
			r.Out.Header.Del("Accept-Encoding")
		},
		ModifyResponse: change,
	}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), sentKey{}, body)))
	}))
}

// cmdGossip puts a proxy between the program and the twin that says the words of a file in every error of Coupa's, row
// errors of loads too. With nolook no answer shows a whole user.
func cmdGossip(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 1, "gossip FILE [nolook]")
	words := strings.Join(strings.Fields(ts.ReadFile(args[0])), " ")
	proxy := between(w, func(r *http.Response) error {
		if len(args) > 1 && strings.Contains(r.Request.URL.Query().Get("fields"), "mention-name") {
			r.StatusCode = http.StatusNotAcceptable
		}
		return gossipAs(r, words)
	})
	w.shut = append(w.shut, proxy.Close)
	w.config.set("instance", proxy.URL)
	ts.Check(w.writeConfig())
}

// gossipAs makes an error answer say words, in every place that an answer has for them.
func gossipAs(r *http.Response, words string) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	var quoted bytes.Buffer
	if err := xml.EscapeText(&quoted, []byte(words)); err != nil {
		return err
	}
	body = fieldError.ReplaceAll(body, []byte("${1}"+strings.ReplaceAll(quoted.String(), "$", "$$")+": "))
	if r.StatusCode >= 300 && !bytes.Contains(body, []byte("No results")) {
		body = []byte("<errors><error>" + quoted.String() + "</error></errors>")
		if strings.HasPrefix(r.Request.URL.Path, "/oauth2/") {
			body, _ = json.Marshal(map[string]string{"error": words, "error_description": words})
		}
		r.Header.Set("WWW-Authenticate", `Bearer error="`+words+`"`)
		r.Header.Set("X-Message", words)
		r.Header.Del("Content-Type")
		if r.StatusCode < 400 {
			r.Header.Set("Location", "/"+url.PathEscape(words)+"?login="+url.QueryEscape(words))
		}
		r.Status = strconv.Itoa(r.StatusCode) + " " + words
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

type sentKey struct{}

var fieldError = regexp.MustCompile(`(<field-error>)`)

// tattle makes an answer quote the row, or what the request held.
func tattle(r *http.Response) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Header.Set("Set-Cookie", "_coupa_session="+plantedCookie)
	body = fieldError.ReplaceAll(body, []byte("${1}Plantedfirsttwo Plantedlasttwo (planted.two, planted.two@acme.example, Plantedplace), "+
		"Plantedlastfour (planted.four, planted.four@acme.example): "))
	if r.StatusCode >= 400 && !bytes.Contains(body, []byte("No results")) {
		said := "refused: " + r.Request.Header.Get("Authorization") + " " + r.Request.Header.Get("Cookie")
		if form, err := url.ParseQuery(string(r.Request.Context().Value(sentKey{}).([]byte))); err == nil {
			said += " " + form.Get("client_secret")
		}
		body = []byte(`{"error":"` + said + `","error_description":"` + said + `"}`)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("WWW-Authenticate", `Bearer error="`+said+`"`)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

// set changes the config; a twin with these switches is started over it.
func (n *gossip) set(ledger string, switches []string, config ...[2]string) {
	n.t.Helper()
	n.config.set("ledger", ledger)
	for _, kv := range config {
		n.config.set(kv[0], kv[1])
	}
	url := n.config.value["instance"]
	if err := n.start(switches); err != nil {
		n.t.Fatal(err)
	}
	n.config.set("instance", url)
	if err := n.writeConfig(); err != nil {
		n.t.Fatal(err)
	}
}

func (n *gossip) command(args ...string) (*exec.Cmd, *heard) {
	cmd := exec.Command("hr2coupa", append(args, "-c", n.configPath(), "--log-level", "debug", "--log-format", n.format)...)
	cmd.Dir = n.dir
	cmd.Env = append(append(os.Environ(), "GORACE=atexit_sleep_ms=0", "GOTRACEBACK=all", "COUPA_SFTP_PASSWORD="+plantedPassword,
		"COUPA_CLIENT_SECRET="+plantedSecret, "COUPA_PAGE_COOKIE=_coupa_session="+plantedCookie), n.env...)
	log := &heard{}
	cmd.Stderr = log
	return cmd, log
}

// ends checks that nothing planted is in what a command wrote to stderr.
func (n *gossip) ends(err error, log *heard, want int, says string) {
	n.t.Helper()
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		n.t.Fatal(err)
	}
	text := log.String()
	if got != want || !strings.Contains(text, says) {
		n.t.Fatalf("ended with %d, want %d and %q:\n%s", got, want, says, text)
	}
	seen := strings.ToLower(strings.ReplaceAll(text, n.dir, ""))
	for _, word := range privateWords() {
		if at := strings.Index(seen, strings.ToLower(word)); at >= 0 {
			n.t.Errorf("stderr shows %q: …%s…", word, seen[max(0, at-200):min(len(seen), at+200)])
		}
	}
}

func (n *gossip) exit(want int, says string, args ...string) {
	n.t.Helper()
	cmd, log := n.command(args...)
	n.ends(cmd.Run(), log, want, says)
}

// TestPrivateNight makes everything go wrong that brings names and secrets near a log, with a Coupa that quotes them, and
// dumps all goroutines in the middle of a run.
func TestPrivateNight(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			n := newGossip(t, format)
			n.set("rows", nil)
			n.exit(3, "settled", "run")
			n.exit(3, "planned", "run", "--again")

			n.set("token", []string{"token-answer=refused"})
			n.exit(4, "token", "run")
			n.set("calls", []string{"answer=401"})
			n.exit(4, "401", "run")
			n.set("login", nil)
			n.env = []string{"COUPA_SFTP_PASSWORD=" + plantedPassword + "-wrong"}
			n.exit(4, "planned", "run")
			n.env = []string{"COUPA_CLIENT_SECRET=" + plantedSecret + "-wrong"}
			n.exit(4, "token", "run")
			n.env = nil
			n.set("page", []string{"page-answer=login"}, [2]string{"load.via", "[page]"}, [2]string{"coupa.page_cookie", "{env: COUPA_PAGE_COOKIE}"})
			n.exit(4, "cookie", "run")

			n.set("dump", []string{"pickup=manual"}, [2]string{"load.via", "[api]"})
			n.dump()
		})
	}
}

// dump quits a run that waits for its load, as an operator does to see where it hangs.
func (n *gossip) dump() {
	n.t.Helper()
	cmd, log := n.command("run")
	if err := cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	defer cmd.Process.Kill() // of no use once it has been waited for
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		found, err := filepath.Glob(filepath.Join(n.twin.Root(), "Incoming", "Users", "Users_*.csv"))
		if err != nil || time.Now().After(end) {
			n.t.Fatalf("nothing was delivered (%v): %s", err, log)
		}
		if len(found) > 0 {
			break
		}
	}
	if err := cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		n.t.Fatal(err)
	}
	n.ends(cmd.Wait(), log, 2, "SIGQUIT: quit")
	if !strings.Contains(log.String(), "delivery.(*Runner)") {
		n.t.Errorf("the dump does not show the run:\n%s", log)
	}
}
