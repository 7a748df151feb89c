// Nothing does nothing: what the start of any Go program costs here.
package main

func main() {}
