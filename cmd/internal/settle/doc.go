// Package settle records the word of a person about a part without a verdict, or about records that are kept. Lists that a
// call has emptied are put back first, or the word is refused.
package settle
