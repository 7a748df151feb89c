//go:build !linux

package main

import (
	"errors"
	"os"
)

func narrow(*os.File) (full func() bool, err error) { return nil, errors.ErrUnsupported }
