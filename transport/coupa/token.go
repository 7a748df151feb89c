package coupa

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/hr2coupa/hr2coupa/export"
)

const (
	tokenPath = "/oauth2/token"
	tokenLife = 20 * time.Hour // a token lives for 24 hours and should be renewed every 20 (OAuth 2.0 Getting Started)
)

// tokens holds the one token in use. The token is never written to disk or log.
type tokens struct {
	wire   *wire
	grant  clientcredentials.Config
	settle time.Duration

	mu      sync.Mutex
	value   string
	ready   time.Time // the token may be used from then on
	renewal time.Time // the token must not be used from then on
	refusal error     // final: asking again could lock the client
}

func newTokens(w *wire, c Config) *tokens {
	return &tokens{
		wire: w,
		grant: clientcredentials.Config{
			ClientID: c.ClientID, ClientSecret: c.ClientSecret.Reveal(), Scopes: c.Scopes,
			TokenURL: w.base.JoinPath(tokenPath).String(),
			// Without this the library would try HTTP Basic first, and one more refused attempt could lock a client.
			AuthStyle: oauth2.AuthStyleInParams,
		},
		settle: max(c.TokenSettle, 0),
	}
}

// prepare makes sure that there is a token and does not wait for it to settle.
func (t *tokens) prepare(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.fetch(ctx)
}

// get returns a token that has settled.
func (t *tokens) get(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.fetch(ctx); err != nil {
		return "", err
	}
	if wait := t.ready.Sub(t.wire.now()); wait > 0 {
		if err := t.wire.sleep(ctx, wait); err != nil {
			return "", err
		}
	}
	return t.value, nil
}

// drop discards a refused token, unless it has been replaced meanwhile.
func (t *tokens) drop(value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value == value {
		t.value = ""
	}
}

// fetch asks for a token where there is no valid one.
func (t *tokens) fetch(ctx context.Context) error {
	if t.value != "" && t.wire.now().Before(t.renewal) {
		return nil
	}
	if t.refusal != nil {
		return t.refusal
	}
	err := t.wire.retry(ctx, func(ctx context.Context) error {
		if err := t.wire.pace(ctx, "POST "+tokenPath); err != nil {
			return err
		}
		limit := t.wire.limit(ctx)
		limited, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		tok, err := t.grant.Token(context.WithValue(limited, oauth2.HTTPClient, t.wire.http))
		if err != nil {
			return t.refused(ctx, limit, err)
		}
		now := t.wire.now()
		t.value, t.ready, t.renewal = tok.AccessToken, now.Add(t.settle), now.Add(lifetime(fmt.Sprint(tok.Extra("expires_in"))))
		return nil
	})
	if refused, ok := errors.AsType[*export.NotDeliveredError](err); ok && (refused.What == export.NoToken || refused.What == export.NoScope) {
		t.refusal = err
	}
	return err
}

// lifetime returns how long a token is used, from its expires_in: a tenth, at most a minute, is reserved for the call
// itself. The library's own Expiry uses the machine's clock, not ours.
func lifetime(expiresIn string) time.Duration {
	seconds, err := strconv.ParseFloat(expiresIn, 64)
	if inRange := seconds > 0 && seconds <= 2*tokenLife.Seconds(); err != nil || !inRange {
		return tokenLife
	}
	d := time.Duration(seconds) * time.Second
	return min(d-min(d/10, time.Minute), tokenLife)
}

// oauthErrors are the error codes that a token endpoint may return (RFC 6749, 5.2).
var oauthErrors = []string{"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope"}

const (
	whoMay      = "a Coupa administrator may see and change it"
	checkClient = "check coupa.client_id and coupa.client_secret against Setup, OAuth2/OpenID Connect Clients: has the secret been replaced there or in its store here, " +
		"is the client still active and of this instance, and does it have the scopes of coupa.scopes? " + whoMay + "; the next run sends what was not sent"
)

// refused turns the library's error into ours. It does not take over the text, which may quote a whole body.
func (t *tokens) refused(ctx context.Context, limit time.Duration, err error) error {
	const op = "POST " + tokenPath
	r, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		if _, ok := errors.AsType[*url.Error](err); ok || ctx.Err() != nil {
			return t.wire.lost(ctx, op, limit, err)
		}
		return &Error{Op: op, Status: http.StatusOK, Msg: "the answer is not a token, and may come from a proxy", Err: err, hope: garbled}
	}
	a := &answer{method: http.MethodPost, path: tokenPath, url: t.wire.base, status: r.Response.StatusCode, header: r.Response.Header, body: r.Body, masks: []string{t.grant.ClientSecret}}
	if transient(a.status) {
		return a.fail(problem(a), t.wire.now())
	}
	said := "an error of its own"
	if slices.Contains(oauthErrors, r.ErrorCode) { // its description is free text
		said = r.ErrorCode
	}
	switch {
	case r.ErrorCode == "invalid_scope":
		return notDelivered(export.NoScope, nil, "coupa issues no token for the scopes %q (%s)", strings.Join(t.grant.Scopes, " "), said).
			WithHint("compare coupa.scopes with the client's under Setup, OAuth2/OpenID Connect Clients; " + whoMay)
	case r.ErrorCode == "unauthorized_client", r.ErrorCode == "unsupported_grant_type":
		return notDelivered(export.NoToken, nil, "coupa issues no token for this client (%s)", said).
			WithHint("set its grant type to Client credentials under Setup, OAuth2/OpenID Connect Clients; " + whoMay)
	case r.ErrorCode != "":
		return notDelivered(export.NoToken, nil, "coupa refuses the client (%s)", said).
			WithHint("%s", checkClient)
	case a.status >= 300 && a.status < 400:
		return notDelivered(export.NoAddress, nil, "%s%s redirects to %s", t.wire.base, tokenPath, target(a)).WithHint(checkURL)
	case a.status == http.StatusNotFound, a.html(), len(bytes.TrimSpace(a.body)) == 0 && a.status != http.StatusUnauthorized:
		return notDelivered(export.NoAddress, nil, "%s%s issues no tokens (%d: %s)", t.wire.base, tokenPath, a.status, problem(a)).WithHint(checkURL)
	}
	return notDelivered(export.NoToken, nil, "coupa refuses the client (%d: %s)", a.status, problem(a)).WithHint("%s", checkClient)
}
