package twin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func (a *api) listUsers(w http.ResponseWriter, r *http.Request) {
	values := r.URL.Query()
	if status := values.Get("status"); status != "" { // "Users API": active users only by status=active
		values.Del("status")
		values.Set("active", strconv.FormatBool(strings.EqualFold(status, "active")))
	}
	if a.twin.sw.Load().UserFilter == "ignored" {
		for key := range values {
			if !slices.Contains([]string{"limit", "offset", "order_by", "dir", "fields", "return_object"}, key) {
				values.Del(key)
			}
		}
	}
	fold := a.twin.sw.Load().LoginCase == "fold"
	find := func(q query) []Record { return oddIDs(a.twin.users.list(q, fold), a.twin.sw.Load().UserIDs) }
	a.list(w, r, values, "user", find, a.twin.users.known)
}

// oddIDs are users as no list of Coupa's should show them; see the switch user-ids.
func oddIDs(users []Record, how string) []Record {
	if how == "own" {
		return users
	}
	var out []Record
	for _, u := range users {
		odd := u.clone()
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

func (a *api) getUser(w http.ResponseWriter, r *http.Request) {
	id, _ := parseInt(r.PathValue("id"))
	rec, ok := a.twin.users.get(id)
	a.one(w, r, "user", rec, ok)
}

func (a *api) createUser(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(r, "user")
	if err != nil {
		a.fail(w, r, http.StatusBadRequest, "user", err.Error())
		return
	}
	a.saved(w, r, http.StatusCreated, a.twin.users.save(0, body))
}

func (a *api) updateUser(w http.ResponseWriter, r *http.Request) {
	id, _ := parseInt(r.PathValue("id"))
	if _, ok := a.twin.users.get(id); !ok {
		a.fail(w, r, http.StatusNotFound, "user", "No results match your search criteria.")
		return
	}
	body, err := readBody(r, "user")
	if err != nil {
		a.fail(w, r, http.StatusBadRequest, "user", err.Error())
		return
	}
	a.saved(w, r, http.StatusOK, a.twin.users.save(id, body))
}

// saved answers with the whole user, or with what is wrong.
func (a *api) saved(w http.ResponseWriter, r *http.Request, status int, out saved) {
	if len(out.errs) > 0 {
		texts := make([]string, len(out.errs))
		for i, e := range out.errs {
			texts[i] = e.message
		}
		a.fail(w, r, http.StatusBadRequest, "user", texts...)
		return
	}
	s, err := a.shape(r, "user")
	switch {
	case err != nil:
		a.fail(w, r, http.StatusBadRequest, "user", err.Error())
	case s.object == "none":
		w.WriteHeader(status)
	default:
		a.reply(w, r, status, "user", s.apply(out.user))
	}
}

// one answers a call for a single object.
func (a *api) one(w http.ResponseWriter, r *http.Request, name string, rec Record, ok bool) {
	if !ok {
		a.fail(w, r, http.StatusNotFound, name, "No results match your search criteria.")
		return
	}
	s, err := a.shape(r, name)
	if err != nil {
		a.fail(w, r, http.StatusBadRequest, name, err.Error())
		return
	}
	a.reply(w, r, http.StatusOK, name, s.apply(rec))
}

// list answers a query with one page.
func (a *api) list(w http.ResponseWriter, r *http.Request, values map[string][]string, name string, find func(query) []Record, known func(string) bool) {
	q, err := parseQuery(values, known, a.twin.sw.Load().UnknownFilter == "ignore")
	if err != nil {
		a.fail(w, r, http.StatusBadRequest, name, err.Error())
		return
	}
	if q.shape, err = a.shape(r, name); err != nil {
		a.fail(w, r, http.StatusBadRequest, name, err.Error())
		return
	}
	page := []any{}
	for _, rec := range find(q) {
		page = append(page, q.shape.apply(rec))
	}
	a.reply(w, r, http.StatusOK, name, page)
}

// shape is what an answer to a call shows: what the call asks for, else what the response filter leaves.
func (a *api) shape(r *http.Request, name string) (shape, error) {
	s, err := parseShape(r.URL.Query())
	if a.twin.sw.Load().Fields == "ignored" {
		s.fields = nil
	}
	if name == "user" && s.fields == nil && a.twin.sw.Load().ShownElements != "all" {
		s.fields = []any{}
		for element := range strings.FieldsSeq(a.twin.sw.Load().ShownElements) {
			s.fields = append(s.fields, element)
		}
	}
	return s, err
}

// readBody reads the object of a POST or PUT. XML has a root named as the resource, JSON has none.
func readBody(r *http.Request, name string) (Record, error) {
	kind := r.Header.Get("Content-Type")
	switch {
	case strings.Contains(kind, "/json"):
		dec := json.NewDecoder(r.Body)
		dec.UseNumber()
		var body map[string]any
		if err := dec.Decode(&body); err != nil {
			return nil, fmt.Errorf("body is not a JSON object")
		}
		return fromJSON(body).(Record), nil
	case strings.Contains(kind, "/xml"):
		root, v, err := readXML(r.Body)
		if err != nil {
			return nil, err
		}
		rec, ok := v.(Record)
		if !ok || root != name {
			return nil, fmt.Errorf("body must be a %s element with elements in it", name)
		}
		return rec, nil
	}
	return nil, fmt.Errorf("Content-Type must be application/xml or application/json")
}

func loadElements() []string {
	return []string{"id", "type", "source-for", "status", "created-at", "updated-at", "start-time", "end-time", "file-file-name",
		"file-content-type", "file-file-size", "result-text", "progress", "created-by", "updated-by", "upload-errors",
		"records-count", "records-created", "records-updated", "upload-errors-count"}
}

func (a *api) listLoads(w http.ResponseWriter, r *http.Request) {
	var records []Record
	for _, l := range a.twin.listed(a.twin.now()) {
		records = append(records, a.twin.record(l))
	}
	known := map[string]bool{}
	for _, element := range loadElements() {
		known[element] = true
	}
	a.list(w, r, r.URL.Query(), "data-file-source", func(q query) []Record { return q.run(records, true) }, func(element string) bool { return known[element] })
}

func (a *api) getLoad(w http.ResponseWriter, r *http.Request) {
	id, _ := parseInt(r.PathValue("id"))
	for _, l := range a.twin.listed(a.twin.now()) {
		if l.ID == id {
			a.one(w, r, "data-file-source", a.twin.record(l), true)
			return
		}
	}
	a.one(w, r, "data-file-source", nil, false)
}
