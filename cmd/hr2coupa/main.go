// Hr2coupa brings what HR knows about a person to Coupa, provably, every night.
package main

import (
	"context"
	"log"
	"os"

	"github.com/hr2coupa/hr2coupa/cmd/internal/heap"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
)

func main() {
	heap.Start(os.Getenv)
	log.SetOutput(terminal.New(os.Stderr).Words()) // net/http writes there what it cannot return
	os.Exit(Main(context.Background(), os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}
