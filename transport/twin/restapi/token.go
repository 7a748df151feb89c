package restapi

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// tokenLife is expires_in of Coupa's answers ("OAuth 2.0 Getting Started with Coupa API").
const tokenLife = 86399 * time.Second

type grant struct {
	issued time.Time
	scopes []string
	calls  int // made with it
}

// token issues a bearer token for client credentials, given as form fields or by HTTP Basic.
func (a *API) token(w http.ResponseWriter, r *http.Request) {
	if a.spoilToken(w) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		oauthError(w, http.StatusBadRequest, "invalid_request", "The request body cannot be read.")
		return
	}
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	given := strings.Fields(a.in.Board.Get().Scopes)
	asked := strings.Fields(r.PostForm.Get("scope"))
	switch {
	case r.PostForm.Get("grant_type") != "client_credentials":
		oauthError(w, http.StatusBadRequest, "unsupported_grant_type", "The grant type must be client_credentials.")
		return
	case id != a.client.ID || subtle.ConstantTimeCompare([]byte(secret), []byte(a.client.Secret)) != 1:
		oauthError(w, http.StatusUnauthorized, "invalid_client", "Client authentication failed.")
		return
	case slices.ContainsFunc(asked, func(s string) bool { return !slices.Contains(given, s) }):
		oauthError(w, http.StatusBadRequest, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
		return
	}
	if len(asked) == 0 {
		asked = given
	}
	writeJSON(w, http.StatusOK, map[string]any{"access_token": a.issue(asked), "token_type": "bearer",
		"expires_in": int(tokenLife.Seconds()), "scope": strings.Join(asked, " ")})
}

func oauthError(w http.ResponseWriter, status int, code, text string) {
	writeJSON(w, status, map[string]any{"error": code, "error_description": text})
}

// issue makes a token that looks like Coupa's, a long JWT. It forgets expired ones.
func (a *API) issue(scopes []string) string {
	raw := make([]byte, 600)
	rand.Read(raw)
	enc := base64.RawURLEncoding
	token := fmt.Sprintf("%s.%s.%s", enc.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)), enc.EncodeToString(raw[:344]), enc.EncodeToString(raw[344:]))
	now := a.in.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	for old, g := range a.tokens {
		if now.Sub(g.issued) > tokenLife {
			delete(a.tokens, old)
		}
	}
	a.tokens[token] = grant{issued: now, scopes: scopes}
	return token
}

// scoped serves a call with a valid token that has one of the scopes.
func (a *API) scoped(scopes []string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		a.mu.Lock()
		g, known := a.tokens[token]
		if known {
			g.calls++
			a.tokens[token] = g
		}
		a.mu.Unlock()
		worn := a.in.Board.Get().TokenCalls > 0 && g.calls > a.in.Board.Get().TokenCalls
		age := a.in.Now().Sub(g.issued)
		if !ok || !known || age > tokenLife || worn || age < a.in.Board.Get().TokenSettle {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			fail(w, r, http.StatusUnauthorized, "base", "The access token is invalid, expired, or not active yet.")
			return
		}
		if scopes != nil && !slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(g.scopes, s) }) {
			fail(w, r, http.StatusForbidden, "base", "The access token lacks a scope for this call.")
			return
		}
		next(w, r)
	}
}
