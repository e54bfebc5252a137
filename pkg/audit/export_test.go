package audit

// Disk is what a log needs of its file.
type Disk = disk

// Wrap puts something between a log and its file.
func (f *File) Wrap(with func(Disk) Disk) { f.file = with(f.file) }
