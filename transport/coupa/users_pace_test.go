package coupa

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// pipes is a listener whose connections are pipes inside the program, so that a real HTTP server and client share a
// bubble of synctest.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	p <- far
	return near, nil
}

// slowCoupa answers after latency and records when each request came in, also those for a token. The way there takes up
// to jitter, at random.
type slowCoupa struct {
	latency, jitter time.Duration
	refuse          int // the request with this number gets 429 with Retry-After: 3

	mu sync.Mutex
	at []time.Time
}

func (s *slowCoupa) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	time.Sleep(time.Duration(rand.Int64N(int64(s.jitter) + 1)))
	s.mu.Lock()
	s.at = append(s.at, time.Now())
	n := len(s.at)
	s.mu.Unlock()
	io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.URL.Path == tokenPath:
		fmt.Fprint(w, `{"access_token":"t","token_type":"bearer","expires_in":86399}`)
		return
	case n == s.refuse:
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	time.Sleep(s.latency)
	fmt.Fprintf(w, `{"id":%s}`, r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
}

// worst returns the most requests in any one second, and the least time between two of them.
func (s *slowCoupa) worst() (most int, least time.Duration) {
	least = time.Hour
	for i, t := range s.at {
		n := 0
		for _, other := range s.at[i:] {
			if other.Sub(t) <= time.Second {
				n++
			}
		}
		most = max(most, n)
		if i > 0 {
			least = min(least, t.Sub(s.at[i-1]))
		}
	}
	return most, least
}

// TestPaceOfWorkers: the server never sees more than 25 requests in any one second and no burst, however many workers
// there are. Workers workers keep the rate filled where a call takes 300 ms.
func TestPaceOfWorkers(t *testing.T) {
	const calls = 400
	for _, tc := range []struct {
		name    string
		rate    float64
		latency time.Duration
		jitter  time.Duration
		late    time.Duration // a busy machine wakes a sleeper up to this much late
		workers int           // 0: as many as Workers returns
		refuse  int
		most    int
		least   time.Duration
		within  time.Duration
	}{
		{"the default", 0, 300 * time.Millisecond, 0, 0, 0, 0, 21, 50 * time.Millisecond, 21 * time.Second},
		{"the greatest", 25, 300 * time.Millisecond, 0, 0, 0, 0, 25, 41 * time.Millisecond, 18 * time.Second},
		{"the greatest, jitter", 25, 300 * time.Millisecond, 40 * time.Millisecond, 0, 10, 0, 25, 0, 18 * time.Second},
		{"the greatest, woken late", 25, 100 * time.Millisecond, 0, 200 * time.Millisecond, 16, 0, 25, leastGap, 21 * time.Second},
		{"too many workers", 25, 0, 0, 0, 64, 0, 25, 41 * time.Millisecond, 18 * time.Second},
		{"after a pause", 25, 300 * time.Millisecond, 0, 0, 64, 100, 25, 41 * time.Millisecond, 22 * time.Second},
		{"slow", 5, 300 * time.Millisecond, 0, 0, 0, 0, 6, 200 * time.Millisecond, 81 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				far := &slowCoupa{latency: tc.latency, jitter: tc.jitter, refuse: tc.refuse}
				wire := make(pipes)
				server := &http.Server{Handler: far}
				go server.Serve(wire)
				transport := &http.Transport{DialContext: wire.dial, MaxIdleConnsPerHost: MaxRate}
				defer func() {
					transport.CloseIdleConnections()
					close(wire)
					server.Close()
				}()
				c, err := NewClient(Config{
					URL: "http://127.0.0.1", ClientID: "client-1", ClientSecret: export.NewSecret(planted), TokenSettle: -1,
					Rate: tc.rate, Format: "json", HTTP: &http.Client{Transport: transport},
					Sleep: func(ctx context.Context, d time.Duration) error {
						time.Sleep(d + time.Duration(rand.Int64N(int64(tc.late)+1)))
						return nil
					},
				}, nil)
				if err != nil {
					t.Fatal(err)
				}
				// The workers would wait for the first token on a lock, which stops a bubble's clock.
				if err := c.Prepare(t.Context()); err != nil {
					t.Fatal(err)
				}
				users := c.Users()
				workers := tc.workers
				if workers == 0 {
					workers = users.Workers()
				}
				ids := make(chan int)
				go func() {
					defer close(ids)
					for i := range calls {
						ids <- i + 1
					}
				}()
				begin := time.Now()
				var wg sync.WaitGroup
				for range workers {
					wg.Go(func() {
						for id := range ids {
							if _, err := users.Update(t.Context(), fmt.Sprint(id), []export.ElementCell{cell(t, "Last Name", "Roe")}); err != nil {
								t.Error(err)
							}
						}
					})
				}
				wg.Wait()
				took := time.Since(begin)
				most, least := far.worst()
				if most > tc.most || least < tc.least || took > tc.within || len(far.at) < calls+1 {
					t.Errorf("%d requests by %d workers in %s: %d in one second, %s between two; want at most %d, at least %s, within %s",
						len(far.at), workers, took, most, least, tc.most, tc.least, tc.within)
				}
				if tc.refuse > 0 {
					after := far.at[tc.refuse].Sub(far.at[tc.refuse-1])
					if after < 3*time.Second-tc.latency {
						t.Errorf("the first request after Retry-After: 3 came %s later", after)
					}
				}
			})
		})
	}
}
