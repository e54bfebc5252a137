package memstore_test

import (
	"testing"
	"time"

	"justice-wallet/pkg/store/memstore"
	"justice-wallet/pkg/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(_ *testing.T, now func() time.Time) storetest.Store { return memstore.New(now) })
}
