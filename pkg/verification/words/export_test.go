package words

// Parse says what is wrong with a table.
func Parse(content []byte) error {
	_, err := parse(content)
	return err
}
