package mdoc

// ReadAuthorisations says whether keyAuthorizations can be read.
func ReadAuthorisations(raw []byte) error {
	_, err := openAuthorisations(raw)
	return err
}
