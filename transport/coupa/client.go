package coupa

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
)

const loadsPath = "/api/data_file_sources"

// Client talks to the REST API of one instance. It may be used by several goroutines.
type Client struct {
	wire   *wire
	tokens *tokens
	accept string
	folder string
}

const seeClients = "see Setup, OAuth2/OpenID Connect Clients"

// NewClient checks a config and returns a client; it sends nothing. Its error names every fault of the config.
func NewClient(c Config, log logrus.FieldLogger) (*Client, error) {
	c = c.withDefaults()
	w, err := newWire(c, log)
	if c.ClientID == "" {
		err = errors.Join(err, export.Hint(errors.New("coupa.client_id: missing"), seeClients))
	}
	if c.ClientSecret.IsZero() {
		err = errors.Join(err, export.Hint(errors.New("coupa.client_secret: missing"), seeClients))
	}
	if c.Format != "xml" && c.Format != "json" {
		err = errors.Join(err, export.Hint(fmt.Errorf("coupa.format: %q is unknown", c.Format), "use xml or json"))
	}
	if err != nil {
		return nil, err
	}
	return &Client{wire: w, tokens: newTokens(w, c), accept: "application/" + c.Format, folder: c.Folder}, nil
}

// Prepare fetches a token and returns without waiting for it to settle, so that it settles during other work. Its error
// is an *export.NotDeliveredError, unless ctx ended.
func (c *Client) Prepare(ctx context.Context) error {
	return unusable(c.wire.base, c.tokens.prepare(c.wire.checking(ctx)))
}

// Check proves token, scope and address with one cheap call to the list of loads. Its error is an
// *export.NotDeliveredError, unless ctx ended.
func (c *Client) Check(ctx context.Context) error {
	q := url.Values{"limit": {"1"}, "created_at[gt_or_eq]": {stamp(c.wire.now().Add(-time.Hour))}}
	_, err := c.loads(c.wire.checking(ctx), loadsPath, q)
	return unusable(c.wire.base, err)
}

// unusable turns the error of a failed check into the reason why this way of asking cannot be used.
func unusable(base *url.URL, err error) error {
	e, ok := errors.AsType[*Error](err)
	switch {
	case !ok:
		return err
	case !e.until.IsZero():
		return notDelivered(export.Unreachable, e, "%s: %s", base, e).WithHint("start again after that time")
	case e.hope == passing:
		return notDelivered(export.Unreachable, e, "%s: %s", base, e).WithHint("check coupa.url and the network, or try again later")
	case errors.Is(e, errNotQueryable):
		return notDelivered(export.NoPreflight, e, "%s: %s", base, e).WithHint("%s", e.Hint)
	}
	return notDelivered(export.NoAddress, e, "%s: %s", base, e).WithHint(checkURL)
}

// loads asks for data file sources: a list or a single one. Where there are none it returns an empty list.
func (c *Client) loads(ctx context.Context, path string, query url.Values) ([]*export.Load, error) {
	var out []*export.Load
	err := c.get(ctx, path, query, func(a *answer) (err error) {
		if err = c.wire.judge(a); err == nil {
			out, err = readLoads(a)
		}
		return err
	})
	if errors.Is(err, errNoResults) {
		return nil, nil
	}
	return out, err
}

// get sends an authorised GET; read judges the answer.
func (c *Client) get(ctx context.Context, path string, query url.Values, read func(*answer) error) error {
	r := request{method: http.MethodGet, path: path, query: query}
	return c.authorised(ctx, r.called(), func(ctx context.Context, token string) error { return c.try(ctx, token, r, read) })
}

// authorised calls try with a token and retries as wire.retry does. A refused token is replaced once.
func (c *Client) authorised(ctx context.Context, path string, try func(ctx context.Context, token string) error) error {
	for renewed := false; ; renewed = true {
		token, err := c.tokens.get(ctx)
		if err != nil {
			return err
		}
		err = c.wire.retry(ctx, func(ctx context.Context) error { return try(ctx, token) })
		if !errors.Is(err, errUnauthorized) {
			return err
		}
		c.tokens.drop(token)
		if renewed {
			return notDelivered(export.NoToken, nil, "coupa refuses a new token for %s (401)", path).
				WithHint("check under Setup, OAuth2/OpenID Connect Clients that the client is active, and that its user is")
		}
		c.wire.log.WithField("call", path).Debug("coupa: token refused, asking for a new one")
	}
}

func (c *Client) try(ctx context.Context, token string, r request, read func(*answer) error) error {
	// Accept and Content-Type must be the same (Get Started with the API), on a GET too.
	head := http.Header{
		"Accept": {c.accept}, "Content-Type": {c.accept},
		"Authorization": {"Bearer " + token}, "User-Agent": {"hr2coupa"},
	}
	return c.wire.once(ctx, r, head, read)
}

// stamp returns a time in the form of Coupa's filters: ISO 8601 with a zone.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
