package templates

import _ "embed"

//go:embed hr2coupa.yaml
var exampleConfig string

// ExampleConfig is a commented hr2coupa.yaml with every key that is built; the addresses in it are made up.
func ExampleConfig() []byte { return []byte(exampleConfig) }
