package restapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/hr2coupa/hr2coupa/transport/twin/instance"
	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
)

func (a *API) listUsers(w http.ResponseWriter, r *http.Request) {
	values := r.URL.Query()
	if status := values.Get("status"); status != "" { // "Users API": active users only by status=active
		values.Del("status")
		values.Set("active", strconv.FormatBool(strings.EqualFold(status, "active")))
	}
	if a.in.Board.Get().UserFilter == "ignored" {
		for key := range values {
			if !slices.Contains([]string{"limit", "offset", "order_by", "dir", "fields", "return_object"}, key) {
				values.Del(key)
			}
		}
	}
	fold := a.in.Board.Get().LoginCase == "fold"
	find := func(q payload.Query) []payload.Record {
		return oddIDs(a.in.Users.List(q, fold), a.in.Board.Get().UserIDs)
	}
	a.list(w, r, values, "user", find, a.queryable)
}

// queryable reports whether users can be queried by the element at a path.
func (a *API) queryable(path []string) bool {
	withheld := strings.Fields(a.in.Board.Get().NotQueryable)
	return a.in.Users.Known(path) && !slices.Contains(withheld, path[0]) && !slices.Contains(withheld, strings.Join(path, "."))
}

// oddIDs returns users with ids as the switch user-ids says, which no list of Coupa's should show.
func oddIDs(users []payload.Record, how string) []payload.Record {
	if how == "own" {
		return users
	}
	var out []payload.Record
	for _, u := range users {
		odd := u.Clone()
		if how == "zero" {
			odd["id"] = int64(0)
			out = append(out, odd)
			continue
		}
		odd["lastname"] = "Another"
		out = append(out, u, odd)
	}
	return out
}

func (a *API) getUser(w http.ResponseWriter, r *http.Request) {
	id, _ := payload.ParseInt(r.PathValue("id"))
	rec, ok := a.in.Users.Get(id)
	a.one(w, r, "user", rec, ok)
}

func (a *API) createUser(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(r, "user")
	if err != nil {
		fail(w, r, http.StatusBadRequest, "user", err.Error())
		return
	}
	a.saved(w, r, http.StatusCreated, a.in.Users.Save(0, body))
}

func (a *API) updateUser(w http.ResponseWriter, r *http.Request) {
	id, _ := payload.ParseInt(r.PathValue("id"))
	if _, ok := a.in.Users.Get(id); !ok {
		fail(w, r, http.StatusNotFound, "user", "No results match your search criteria.")
		return
	}
	body, err := readBody(r, "user")
	if err != nil {
		fail(w, r, http.StatusBadRequest, "user", err.Error())
		return
	}
	a.saved(w, r, http.StatusOK, a.in.Users.Save(id, body))
}

// saved answers with the whole user, or with the errors.
func (a *API) saved(w http.ResponseWriter, r *http.Request, status int, out instance.Saved) {
	if len(out.Errors) > 0 {
		texts := make([]string, len(out.Errors))
		for i, e := range out.Errors {
			texts[i] = e.Message
		}
		fail(w, r, http.StatusBadRequest, "user", texts...)
		return
	}
	s, err := a.shape(r, "user")
	switch {
	case err != nil:
		fail(w, r, http.StatusBadRequest, "user", err.Error())
	case s.Object == "none":
		w.WriteHeader(status)
	default:
		reply(w, r, status, "user", s.Apply(out.User))
	}
}

// one answers a call for a single object.
func (a *API) one(w http.ResponseWriter, r *http.Request, name string, rec payload.Record, ok bool) {
	if !ok {
		fail(w, r, http.StatusNotFound, name, "No results match your search criteria.")
		return
	}
	s, err := a.shape(r, name)
	if err != nil {
		fail(w, r, http.StatusBadRequest, name, err.Error())
		return
	}
	reply(w, r, http.StatusOK, name, s.Apply(rec))
}

// list answers a query with one page.
func (a *API) list(w http.ResponseWriter, r *http.Request, values map[string][]string, name string, find func(payload.Query) []payload.Record, known func(path []string) bool) {
	q, err := payload.ParseQuery(values, known, a.in.Board.Get().UnknownFilter == "ignore")
	if err != nil {
		fail(w, r, http.StatusBadRequest, name, err.Error())
		return
	}
	if q.Shape, err = a.shape(r, name); err != nil {
		fail(w, r, http.StatusBadRequest, name, err.Error())
		return
	}
	page := []any{}
	for _, rec := range find(q) {
		page = append(page, q.Shape.Apply(rec))
	}
	reply(w, r, http.StatusOK, name, page)
}

// shape returns what an answer shows: what the call asks for, else what the response filter leaves.
func (a *API) shape(r *http.Request, name string) (payload.Shape, error) {
	s, err := payload.ParseShape(r.URL.Query())
	if a.in.Board.Get().Fields == "ignored" {
		s.Fields = nil
	}
	if name == "user" && s.Fields == nil && a.in.Board.Get().ShownElements != "all" {
		s.Fields = []any{}
		for element := range strings.FieldsSeq(a.in.Board.Get().ShownElements) {
			s.Fields = append(s.Fields, element)
		}
	}
	return s, err
}

// readBody reads the object of a POST or PUT. XML has a root named as the resource, JSON has none.
func readBody(r *http.Request, name string) (payload.Record, error) {
	kind := r.Header.Get("Content-Type")
	switch {
	case strings.Contains(kind, "/json"):
		dec := json.NewDecoder(r.Body)
		dec.UseNumber()
		var body map[string]any
		if err := dec.Decode(&body); err != nil {
			return nil, fmt.Errorf("body is not a JSON object")
		}
		return payload.FromJSON(body).(payload.Record), nil
	case strings.Contains(kind, "/xml"):
		root, v, err := payload.ReadXML(r.Body)
		if err != nil {
			return nil, err
		}
		rec, ok := v.(payload.Record)
		if !ok || root != name {
			return nil, fmt.Errorf("body must be a %s element with elements in it", name)
		}
		return rec, nil
	}
	return nil, fmt.Errorf("Content-Type must be application/xml or application/json")
}
