package restapi

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
)

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
func reply(w http.ResponseWriter, r *http.Request, status int, name string, v any) {
	list, isList := v.([]any)
	if contentType(r) == "json" {
		if v == nil {
			v = struct{}{}
		}
		writeJSON(w, status, v)
		return
	}
	if isList && len(list) == 0 {
		fail(w, r, http.StatusNotFound, name, "No results match your search criteria.")
		return
	}
	if isList {
		name = plural(name)
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.WriteHeader(status)
	payload.WriteXML(w, name, v)
}

// fail writes errors in Coupa's two shapes; name is the resource.
func fail(w http.ResponseWriter, r *http.Request, status int, name string, texts ...string) {
	if contentType(r) == "json" {
		writeJSON(w, status, map[string]any{"errors": map[string]any{payload.Underscores(name): texts}})
		return
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.WriteHeader(status)
	payload.WriteXMLErrors(w, texts)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}
