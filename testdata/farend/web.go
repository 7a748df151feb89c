package farend

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
)

// Post is one request as it came.
type Post struct {
	Method, Path string
	Header       http.Header
	Body         []byte
}

// Web is a web server that keeps what it gets.
type Web struct {
	URL string
	CA  []byte // PEM of its certificate, with TLS

	server *httptest.Server
	done   chan struct{}
	mu     sync.Mutex
	got    []Post
	answer func(n int) int
}

// StartWeb brings up a web server. answer gives the status of its nth answer, from 1; 0 says nothing at all until Close.
// nil is always 200.
func StartWeb(answer func(n int) int) *Web {
	w := &Web{answer: answer, done: make(chan struct{})}
	w.server = httptest.NewServer(http.HandlerFunc(w.serve))
	w.URL = w.server.URL
	return w
}

// StartWebTLS is StartWeb behind TLS, with a certificate that no system knows.
func StartWebTLS(answer func(n int) int) *Web {
	w := &Web{answer: answer, done: make(chan struct{})}
	w.server = httptest.NewUnstartedServer(http.HandlerFunc(w.serve))
	w.server.Config.ErrorLog = log.New(io.Discard, "", 0) // whoever does not trust it hangs up
	w.server.StartTLS()
	w.URL = w.server.URL
	w.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.server.Certificate().Raw})
	return w
}

func (w *Web) serve(res http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the client has gone
	}
	w.mu.Lock()
	w.got = append(w.got, Post{req.Method, req.URL.RequestURI(), req.Header, body})
	status := http.StatusOK
	if w.answer != nil {
		status = w.answer(len(w.got))
	}
	w.mu.Unlock()
	if status == 0 {
		<-w.done
		return
	}
	res.WriteHeader(status)
}

// Posts gives what has come, oldest first.
func (w *Web) Posts() []Post {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Post(nil), w.got...)
}

// Close ends the server.
func (w *Web) Close() {
	close(w.done)
	w.server.CloseClientConnections()
	w.server.Close()
}
