// Package restapi is the REST side of the twin: the token endpoint, /api/users and /api/data_file_sources.
package restapi

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/hr2coupa/hr2coupa/transport/twin/instance"
	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// tokenLife is expires_in of Coupa's answers ("OAuth 2.0 Getting Started with Coupa API").
const tokenLife = 86399 * time.Second

// RateBurst is the documented burst ("Exception Handling and Error Codes").
const RateBurst = 20

// Client is the API client that may ask for tokens.
type Client struct{ ID, Secret string }

// API serves the token endpoint and everything below /api.
type API struct {
	in      *instance.Instance
	client  Client
	mux     *http.ServeMux
	limiter *rate.Limiter

	mu     sync.Mutex
	tokens map[string]grant
	calls  []Call
	users  int // calls to /api/users
}

type grant struct {
	issued time.Time
	scopes []string
	calls  int // made with it
}

// Add adds the API to a site.
func Add(site *http.ServeMux, in *instance.Instance, client Client) *API {
	a := &API{in: in, client: client, mux: http.NewServeMux(), tokens: map[string]grant{}, limiter: rate.NewLimiter(rate.Inf, RateBurst)}
	if sw := in.Board.Get(); sw.Rate != switchboard.NoLimit {
		a.limiter.SetLimit(rate.Limit(sw.Rate))
	}
	read, write := []string{"core.user.read", "core.user.write"}, []string{"core.user.write"}
	a.mux.HandleFunc("GET /api/users", a.faulty(a.scoped(read, a.listUsers)))
	a.mux.HandleFunc("GET /api/users/{id}", a.faulty(a.scoped(read, a.getUser)))
	a.mux.HandleFunc("POST /api/users", a.faulty(a.scoped(write, a.createUser)))
	a.mux.HandleFunc("PUT /api/users/{id}", a.faulty(a.scoped(write, a.updateUser)))
	a.mux.HandleFunc("PATCH /api/users/{id}", a.faulty(a.scoped(write, a.updateUser)))
	a.mux.HandleFunc("GET /api/data_file_sources", a.scoped([]string{in.Board.Get().LoadScope}, a.listLoads))
	a.mux.HandleFunc("GET /api/data_file_sources/{id}", a.scoped([]string{in.Board.Get().LoadScope}, a.getLoad))
	a.mux.HandleFunc("/api/", a.scoped(nil, func(w http.ResponseWriter, r *http.Request) {
		a.fail(w, r, http.StatusNotFound, "base", "The requested resource is not available.")
	}))
	site.HandleFunc("POST /oauth2/token", a.token)
	site.Handle("/api/", a)
	return a
}

// ServeHTTP applies the faults, then the limits, then the calls.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.record(r)
	if !a.lag(r) {
		return
	}
	if a.in.Board.Get().API == "off" {
		http.Error(w, "Not Found", http.StatusNotFound)
		return
	}
	if a.spoil(w, r) {
		return
	}
	// The limit is to the rate on the wire, so it goes by real time and not by the clock of the twin.
	if !a.limiter.Allow() {
		w.Header().Set("Retry-After", "1")
		a.fail(w, r, http.StatusTooManyRequests, "base", "Rate limit exceeded.")
		return
	}
	if contentType(r) == "" {
		a.fail(w, r, http.StatusNotAcceptable, "base", "Accept must be application/xml or application/json.")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	a.mux.ServeHTTP(w, r)
}

// lag waits as long as the switch says. It returns false if the client has gone.
func (a *API) lag(r *http.Request) bool {
	if a.in.Board.Get().APILatency == 0 {
		return true
	}
	timer := time.NewTimer(a.in.Board.Get().APILatency)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
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

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
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
			a.fail(w, r, http.StatusUnauthorized, "base", "The access token is invalid, expired, or not active yet.")
			return
		}
		if scopes != nil && !slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(g.scopes, s) }) {
			a.fail(w, r, http.StatusForbidden, "base", "The access token lacks a scope for this call.")
			return
		}
		next(w, r)
	}
}

// contentType returns what the client accepts: "json", "xml" (also if it does not say), or "" for neither.
func contentType(r *http.Request) string {
	accept := strings.ToLower(r.Header.Get("Accept"))
	switch {
	case strings.Contains(accept, "/json"):
		return "json"
	case accept == "", strings.Contains(accept, "/xml"), strings.Contains(accept, "*/*"):
		return "xml"
	}
	return ""
}

// reply writes one object, or the list of them, in the type asked for. An empty list is 404 in XML
// and [] in JSON ("Sample Requests/Responses - XML vs JSON").
func (a *API) reply(w http.ResponseWriter, r *http.Request, status int, name string, v any) {
	list, isList := v.([]any)
	if contentType(r) == "json" {
		if v == nil {
			v = struct{}{}
		}
		writeJSON(w, status, v)
		return
	}
	if isList && len(list) == 0 {
		a.fail(w, r, http.StatusNotFound, name, "No results match your search criteria.")
		return
	}
	if isList {
		name += "s"
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.WriteHeader(status)
	payload.WriteXML(w, name, v)
}

// fail writes errors in Coupa's two shapes; name is the resource.
func (a *API) fail(w http.ResponseWriter, r *http.Request, status int, name string, texts ...string) {
	if contentType(r) == "json" {
		writeJSON(w, status, map[string]any{"errors": map[string]any{payload.Underscores(name): texts}})
		return
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.WriteHeader(status)
	payload.WriteXMLErrors(w, texts)
}
