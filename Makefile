# Two commands matter: `make demo` shows the service at work, `make test` proves it. `make help` lists the rest.
GO ?= go
TESTS := redis,tools,interop,pkcs11,soak
TAGS := $(TESTS),mutation,browser,long

.PHONY: help demo demo-providers dev test mutation conformance check bench bench-keys bench-status bench-verify soak-status soak-slots fuzz differential tools assets screenshots

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: ## Issue, present, check, revoke, check again: the main job, with its evidence
	$(GO) run ./conformance/cmd/demo

demo-providers: tools ## The same with the keys in sealed files, in a PKCS#11 token (SoftHSM2) and in AWS KMS (an emulator)
	$(GO) run ./conformance/cmd/demo -keys file
	$(GO) run -tags pkcs11 ./conformance/cmd/demo -keys pkcs11
	$(GO) run ./conformance/cmd/demo -keys kms

dev: assets ## Run issuer (8080), verifier (8081), their pages, and stand-ins for One Login (8082), the wallet (8083), HMPPS (8084) and organisations (8085)
	$(GO) run ./conformance/cmd/dev

test: tools assets ## Install what the tests need, run every test, and look through all they produced for what nobody may be shown
	$(GO) vet -tags $(TAGS) ./...
	@set -ex; RUN_RECORD=$$(mktemp -d); export RUN_RECORD; trap 'rm -rf "$$RUN_RECORD"' EXIT; \
	$(GO) test -race -vet off -timeout 30m -tags $(TESTS) ./issuer/... ./verifier/... ./pkg/... ./keys/... ./conformance/suite; \
	$(GO) test -vet off -timeout 30m -tags $(TESTS) $$($(GO) list ./conformance/... | grep -vE '/conformance/(suite|browser)$$'); \
	$(GO) test -vet off -timeout 40m -tags browser ./conformance/browser; \
	$(GO) run ./conformance/cmd/leaks "$$RUN_RECORD"

mutation: ## Take the rules out of the code one at a time: each time, its test must fail
	$(GO) test -count 1 -timeout 60m -tags mutation ./conformance/mutation

conformance: tools ## Every judge of issuer, verifier and formats, into docs/conformance.md and docs/interop.md; MUTATION=yes takes rules out, too
	$(GO) run ./conformance/cmd/conform $(if $(MUTATION),-mutation)

tools: # Programs the tests run: a missing one fails, it is never skipped
	@sh conformance/tools.sh

check: ## Formatting, vet, staticcheck, known vulnerabilities, module hygiene
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	$(GO) vet -tags $(TAGS) ./...
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 -tags $(TAGS) ./...
	$(GO) mod verify
	$(GO) mod tidy -diff
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

bench: ## Issuance, verification and publication, each beside the raw cryptography it needs
	$(GO) test -run '^$$' -bench . -benchtime 1s ./conformance/bench/

bench-keys: tools ## One signature with a key of each provider, beside the raw algorithm
	$(GO) test -tags pkcs11,tools -run '^$$' -bench Sign -benchtime 1s ./conformance/bench/

bench-verify: tools ## One presentation verified end to end, beside the raw cryptography and a peer library
	@test -d conformance/interop/node_modules || npm ci --prefix conformance/interop --no-audit --no-fund
	$(GO) test -tags interop -run '^$$' -bench Presentation -benchtime 1s ./conformance/bench/

bench-status: tools ## Status lists of 1,000,000 entries beside deflate, a signature and a synced write; and from an ending to list and verdict
	$(GO) test -tags redis -run '^$$' -bench Status -benchtime 1s ./issuer/internal/statusapi ./verifier/internal/statusfetch
	$(GO) test -tags soak -run '^$$' -bench Status -benchtime 1x -timeout 20m ./conformance/soak

soak-status: tools ## Kill, cut off and rob the services ROUNDS times (MINUTES, SEED, ONLY), and look whether anything acknowledged is missing
	ROUNDS=$(or $(ROUNDS),100) $(GO) test -tags soak -run TestSoak -count 1 -timeout 0 -v ./conformance/soak

soak-slots: tools ## Give four million places and revoke a hundred thousand, many at once: none given twice, none lost
	$(GO) test -tags redis,long -count 1 -timeout 60m -v -run 'NoPlaceIsGivenTwice|NoneOfManyNeighbours' ./issuer/internal/statusapi ./pkg/store/redisstore

fuzz: ## Every fuzz target for ten seconds each
	@for p in $$($(GO) list ./...); do for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
		echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime 10s $$p || exit 1; done; done

differential: tools ## Our decoders beside independent ones, on a hundred thousand inputs made to be misread, and others than the tests' own
	DIFFERENTIAL_ROUNDS=100000 DIFFERENTIAL_SEED=$$(date +%s) $(GO) test -count 1 -timeout 20m -tags interop -v ./conformance/differential

assets: ## Take the styles and scripts of the pages from npm, to be built into the programs
	npm ci --prefix pkg/ui --prefer-offline --no-audit --no-fund
	node pkg/ui/assets.mjs

screenshots: tools assets ## Pictures of every page, in the modes that people meet them in, into screenshots/
	@mkdir -p screenshots
	SCREENSHOTS=$(CURDIR)/screenshots $(GO) test -tags browser -count 1 -timeout 40m ./conformance/browser/
