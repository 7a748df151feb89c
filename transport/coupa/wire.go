package coupa

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/time/rate"

	"github.com/hr2coupa/hr2coupa/export"
)

const (
	firstWait     = time.Second          // wait before the second try, doubled each time
	maxWait       = 30 * time.Second     // longest wait between two tries
	maxPause      = 15 * time.Minute     // the longest wait for which Coupa may ask (Retry-After); a call that would wait longer fails
	maxRetryAfter = 365 * 24 * time.Hour // the longest Retry-After that is reported
	maxHold       = 24 * time.Hour       // the longest time without a call, however long Coupa asks to be left alone
	leastWait     = 5 * time.Second      // least time for an answer to the last try of a check
	garbledTries  = 3                    // tries of a call whose answer cannot be read
)

// wire sends requests to one instance. They are paced, bounded in time and size, and tried again within a budget.
type wire struct {
	base    *url.URL
	http    *http.Client
	limiter *rate.Limiter
	now     func() time.Time
	sleep   func(context.Context, time.Duration) error
	rand    func() float64
	timeout time.Duration
	budget  time.Duration
	check   time.Duration
	maxBody int64
	log     logrus.FieldLogger
	noIDs   bool

	mu    sync.Mutex
	pause time.Time // Coupa asked (Retry-After) to be left alone until then: that holds for every worker
	sent  time.Time // when the latest request was let through
}

// request is one call. Its body is bytes, so that it can be sent again.
type request struct {
	method, path string
	name         string // stands for the path in errors; "" is the path itself
	query        url.Values
	body         []byte
}

func (r request) op() string { return r.method + " " + r.called() }

func (r request) called() string { return cmp.Or(r.name, r.path) }

// answer is one answer. Only its beginning has been read.
type answer struct {
	method string
	path   string   // as asked for and as errors name it
	url    *url.URL // the address it came from, after redirects
	status int
	header http.Header
	body   []byte    // its beginning; all of it where rest is nil
	rest   io.Reader // what comes after body
	masks  []string  // secrets of the request, which the answer may echo
}

func (a *answer) op() string { return cmp.Or(a.method, http.MethodGet) + " " + a.path }

// all returns the whole body. It can be read once.
func (a *answer) all() io.Reader {
	if a.rest == nil {
		return bytes.NewReader(a.body)
	}
	return io.MultiReader(bytes.NewReader(a.body), a.rest)
}

// once sends one request and calls read with the answer, whatever its status. Its error is read's, an *Error, an
// *export.NotDeliveredError (the certificate), or the context's.
func (w *wire) once(ctx context.Context, r request, head http.Header, read func(*answer) error) error {
	if err := w.pace(ctx, r.op()); err != nil {
		return err
	}
	u := w.base.JoinPath(r.path)
	u.RawQuery = r.query.Encode()
	limit := w.limit(ctx)
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, r.method, u.String(), bytes.NewReader(r.body))
	if err != nil {
		return fmt.Errorf("%s: %w", r.op(), err)
	}
	req.Header = head
	resp, err := w.http.Do(req)
	if err != nil {
		return w.lost(ctx, r.op(), limit, err)
	}
	defer resp.Body.Close()
	from := &stream{from: resp.Body, left: w.maxBody}
	a := &answer{method: r.method, path: r.called(), url: resp.Request.URL, status: resp.StatusCode, header: resp.Header, masks: secretsOf(head)}
	if err = a.begin(from); err == nil {
		err = read(a)
	}
	switch {
	case from.lost != nil:
		return w.lost(ctx, r.op(), limit, from.lost)
	case from.long:
		return &Error{Op: r.op(), Status: resp.StatusCode, Msg: fmt.Sprintf("the answer is larger than %d bytes", w.maxBody)}
	}
	return err
}

// begin reads the beginning of a body.
func (a *answer) begin(from *stream) error {
	body, err := io.ReadAll(io.LimitReader(from, headBody))
	a.body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if len(body) == headBody {
		a.rest = from
	}
	return err
}

// lost returns why a call got no answer. ctx is the caller's: where it has ended, its cause is the reason.
func (w *wire) lost(ctx context.Context, op string, limit time.Duration, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", op, context.Cause(ctx))
	}
	// A url.Error repeats the whole address, query included.
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if cert, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return notDelivered(export.NoAddress, err, "%s: the certificate is not trusted: %s", w.base, cert.Err).
			WithHint("check coupa.url, or let this machine trust the authority of the proxy in front of it")
	}
	if errors.Is(err, http.ErrSchemeMismatch) {
		return notDelivered(export.NoAddress, err, "%s does not speak https", w.base).WithHint(checkURL)
	}
	msg := cut(err)
	if errors.Is(err, context.DeadlineExceeded) {
		msg = fmt.Sprintf("no answer within %s", limit.Round(10*time.Millisecond))
	}
	return &Error{Op: op, Msg: msg, Err: err, hope: passing}
}

// pace makes a request wait for its turn, and all requests wait while there is a pause. A pause that is longer than the
// call may wait is an *Error. Every try counts, also those for a token.
func (w *wire) pace(ctx context.Context, op string) error {
	for {
		if wait := w.paused(); wait > 0 {
			if w.tooLong(ctx, wait) {
				return &Error{Op: op, Msg: "not sent", hope: passing, after: wait}
			}
			if err := w.sleep(ctx, wait); err != nil {
				return err
			}
		}
		if err := w.turn(ctx); err != nil {
			return err
		}
		for w.paused() <= 0 { // otherwise a pause began while this request waited for its turn
			wait := w.apart()
			if wait <= 0 {
				return nil
			}
			if err := w.sleep(ctx, wait); err != nil {
				return err
			}
		}
	}
}

// apart returns how long a request still has to wait after its turn has come, since another was let through a moment
// ago: on a busy machine two may wake up late and together. 0 lets it through.
func (w *wire) apart() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	if wait := w.sent.Add(leastGap).Sub(now); wait > 0 {
		return wait
	}
	w.sent = now
	return 0
}

// turn waits for the next turn.
func (w *wire) turn(ctx context.Context) error {
	now := w.now()
	turn := w.limiter.ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait <= 0 {
		return nil
	}
	if err := w.sleep(ctx, wait); err != nil {
		turn.CancelAt(w.now())
		return err
	}
	return nil
}

// paused returns how long the pause still lasts.
func (w *wire) paused() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pause.Sub(w.now())
}

// hold makes every request wait for d.
func (w *wire) hold(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if until := w.now().Add(min(d, maxHold)); until.After(w.pause) {
		w.pause = until
	}
}

// patienceEnd is the context key of the time up to which a call waits where Coupa asks to be left alone.
type patienceEnd struct{}

// patient lets calls with ctx wait until then for the end of a pause; the zero time keeps the limit of maxPause.
func patient(ctx context.Context, until time.Time) context.Context {
	if until.IsZero() {
		return ctx
	}
	return context.WithValue(ctx, patienceEnd{}, until)
}

// tooLong reports whether a call must not wait for the end of a pause.
func (w *wire) tooLong(ctx context.Context, pause time.Duration) bool {
	over := w.now().Add(pause)
	for _, key := range []any{patienceEnd{}, checkEnd{}, hastyEnd{}} {
		if end, ok := ctx.Value(key).(time.Time); ok && over.After(end) {
			return true
		}
	}
	return pause > maxPause
}

// retry calls try until it succeeds, fails for good, or the budget does not allow another wait; then it returns the
// last error unchanged. Only an *Error that is not final is tried again.
func (w *wire) retry(ctx context.Context, try func(context.Context) error) error {
	end := w.now().Add(w.budget)
	for _, key := range []any{checkEnd{}, hastyEnd{}} {
		if hasty, ok := ctx.Value(key).(time.Time); ok && hasty.Before(end) {
			end = hasty
		}
	}
	for n := 0; ; n++ {
		err := try(ctx)
		e, ok := errors.AsType[*Error](err)
		if !ok || e.hope == none || e.hope == garbled && n+1 >= garbledTries {
			return err
		}
		wait := max(w.backoff(n), e.after)
		if e.after > 0 {
			w.hold(e.after)
			if w.tooLong(ctx, e.after) {
				e.until = w.now().Add(e.after)
				return err
			}
		}
		if w.now().Add(wait).After(end) {
			if e.after > 0 {
				w.log.WithFields(logrus.Fields{"call": e.Op, "status": e.Status, "wait": e.after}).Warn("coupa asks for a pause: every call waits until its end")
			}
			return err
		}
		w.log.WithFields(logrus.Fields{"call": e.Op, "status": e.Status, "wait": wait.Round(time.Millisecond)}).Warn("coupa does not answer as it should: trying again")
		if serr := w.sleep(ctx, wait); serr != nil {
			return fmt.Errorf("%s: %w", e.Op, serr)
		}
	}
}

// checkEnd is the context key of the time after which the calls of a check are not tried again.
type checkEnd struct{}

// checking makes calls with ctx give up soon: nothing has been sent yet, and a person may be waiting for the error.
func (w *wire) checking(ctx context.Context) context.Context {
	return context.WithValue(ctx, checkEnd{}, w.now().Add(w.check))
}

// hastyEnd is the context key of the time after which calls are not tried again, though each of them may take as long
// as any other.
type hastyEnd struct{}

// hasty makes calls with ctx give up as soon as those of a check, but leaves each answer its full time: such a call
// asks for more than a check does.
func (w *wire) hasty(ctx context.Context) context.Context {
	return context.WithValue(ctx, hastyEnd{}, w.now().Add(w.check))
}

// limit returns how long one request may take: in a check the time that is left of it, but at least leastWait.
func (w *wire) limit(ctx context.Context) time.Duration {
	if end, ok := ctx.Value(checkEnd{}).(time.Time); ok {
		return min(w.timeout, max(end.Sub(w.now()), leastWait))
	}
	return w.timeout
}

// backoff returns the wait after try n (from 0): it doubles each time, less up to half of it at random, so that several
// clients do not come back together.
func (w *wire) backoff(n int) time.Duration {
	d := min(float64(firstWait)*math.Pow(2, float64(n)), float64(maxWait))
	return time.Duration(d * (0.5 + w.rand()/2))
}

// retryAfter reads a Retry-After header, seconds or a date of any form that HTTP has, at most maxRetryAfter; 0 where there is none.
func retryAfter(s string, now time.Time) time.Duration {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return time.Duration(min(n, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return min(max(t.Sub(now), 0), maxRetryAfter)
	}
	return 0
}

type contentKind int

const (
	kindOther contentKind = iota
	kindXML
	kindJSON
	kindHTML
)

// kind returns the kind of an answer: by its Content-Type, else by its first byte.
func (a *answer) kind() contentKind {
	body := bytes.ToLower(bytes.TrimSpace(a.body[:min(len(a.body), 512)]))
	if bytes.HasPrefix(body, []byte("<!doctype html")) || bytes.HasPrefix(body, []byte("<html")) {
		return kindHTML
	}
	media, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	switch {
	case strings.Contains(media, "html"):
		return kindHTML
	case strings.Contains(media, "json"):
		return kindJSON
	case strings.Contains(media, "xml"):
		return kindXML
	case len(body) == 0:
		return kindOther
	}
	switch body[0] {
	case '<':
		return kindXML
	case '{', '[':
		return kindJSON
	}
	return kindOther
}

func (a *answer) html() bool { return a.kind() == kindHTML }
