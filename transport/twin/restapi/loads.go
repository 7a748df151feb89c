package restapi

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/transport/twin/instance"
	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

func loadElements() []string {
	return []string{"id", "type", "source-for", "status", "created-at", "updated-at", "start-time", "end-time", "file-file-name",
		"file-content-type", "file-file-size", "result-text", "progress", "created-by", "updated-by", "upload-errors",
		"records-count", "records-created", "records-updated", "upload-errors-count"}
}

func (a *API) listLoads(w http.ResponseWriter, r *http.Request) {
	var records []payload.Record
	for _, l := range a.in.Listed() {
		records = append(records, a.loadRecord(l))
	}
	known := map[string]bool{}
	for _, element := range loadElements() {
		known[element] = true
	}
	a.list(w, r, r.URL.Query(), "data-file-source", func(q payload.Query) []payload.Record { return q.Run(records, true) }, func(path []string) bool { return known[path[0]] })
}

func (a *API) getLoad(w http.ResponseWriter, r *http.Request) {
	id, _ := payload.ParseInt(r.PathValue("id"))
	for _, l := range a.in.Listed() {
		if l.ID == id {
			a.one(w, r, "data-file-source", a.loadRecord(l), true)
			return
		}
	}
	a.one(w, r, "data-file-source", nil, false)
}

// loadRecord is a load as the API shows it ("Data File Sources API").
func (a *API) loadRecord(l instance.Load) payload.Record {
	r := payload.Record{
		"id": l.ID, "type": "BackgroundCsvFileLoad", "source-for": "User", "status": a.in.StatusText(l.Status),
		"created-at": payload.Stamp(l.PickedUp), "updated-at": payload.Stamp(latest(l.PickedUp, l.Started, l.Ended)),
		"start-time": stampOrNil(l.Started), "end-time": stampOrNil(l.Ended),
		"file-file-name": l.FileName, "file-content-type": "text/csv", "file-file-size": fmt.Sprint(l.Size),
		"result-text": textOrNil(l.ResultText), "progress": int64(l.Processed),
		"created-by": creator(l.CreatedBy), "updated-by": creator(l.CreatedBy),
	}
	errs := make([]any, 0, len(l.Errors))
	for _, e := range l.Errors {
		errs = append(errs, errorRecord(e))
	}
	r["upload-errors"] = errs
	if a.in.Board.Get().Counters == switchboard.Yes {
		r["records-count"], r["records-created"] = int64(l.Processed), int64(l.Created)
		r["records-updated"], r["upload-errors-count"] = int64(l.Updated), int64(len(l.Errors))
	}
	return r
}

func creator(login string) payload.Record {
	if login == instance.SFTPLogin {
		return payload.Record{"id": int64(93), "login": login, "email": login, "firstname": "sFTP", "lastname": "Integration"}
	}
	return payload.Record{"id": int64(1), "login": login, "email": login + "@example.com", "firstname": "Ada", "lastname": "Admin"}
}

// errorRecord shows field-errors as a list for a row and as plain text for a header, as the samples do.
func errorRecord(e instance.UploadError) payload.Record {
	r := payload.Record{"id": e.ID, "type": e.Type, "row": nil, "first-column": deref(e.FirstColumn),
		"field-with-error": deref(e.Field), "value": deref(e.Value)}
	if e.Row != nil {
		r["row"] = int64(*e.Row)
	}
	if e.Type == "UploadHeaderError" {
		r["field-errors"] = e.Messages[0]
		return r
	}
	list := make([]any, len(e.Messages))
	for i, m := range e.Messages {
		list[i] = m
	}
	r["field-errors"] = list
	return r
}

func deref(p *string) any {
	if p == nil {
		return nil
	}
	return *p
}

func textOrNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func stampOrNil(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return payload.Stamp(at)
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }
