package verification

// Reason says why a check did not pass.
type Reason string

// Any check.
const ReasonNotReached Reason = "not_reached" // an earlier check did not pass

// Format.
const (
	ReasonMalformed     Reason = "malformed"      // not the one form of this kind of document
	ReasonDocumentCount Reason = "document_count" // a presentation of more than one document, or of none
)

// Issuer signature.
const (
	ReasonSignature          Reason = "signature"               // not made by the key it names
	ReasonDigest             Reason = "digest"                  // an element is not the one that was signed
	ReasonDocTypeMismatch    Reason = "doctype_mismatch"        // the presentation calls it something else than its issuer did
	ReasonIssuerUntrusted    Reason = "issuer_untrusted"        // a JWT of an issuer the trust store does not hold
	ReasonIssuerKeyUnknown   Reason = "issuer_key_unknown"      // the issuer does not publish the key
	ReasonIssuerKeysNotFound Reason = "issuer_keys_unavailable" // the issuer's keys could not be had
)

// Trust.
const (
	ReasonNoRoot           Reason = "no_trusted_root"    // nobody is trusted for this type of document
	ReasonChain            Reason = "chain_untrusted"    // no path from the document signer to a trusted root
	ReasonSignerNotCurrent Reason = "signer_not_current" // a certificate on the path is not valid now
	ReasonSignerProfile    Reason = "signer_profile"     // the certificate is not that of a document signer
	ReasonSignerPeriod     Reason = "signer_period"      // signed before or after the signer's certificate was valid
	ReasonSignerRevoked    Reason = "signer_revoked"     // the trust list takes the document signer back
	ReasonRootRevoked      Reason = "root_revoked"       // the trust list takes the root back
	ReasonCRLStale         Reason = "crl_stale"          // the root's revocation list is out of date
	ReasonTrustStale       Reason = "trust_list_stale"   // the trust list is out of date, and no newer one could be had
)

// Validity.
const (
	ReasonNotYetValid      Reason = "not_yet_valid"
	ReasonExpired          Reason = "expired"
	ReasonValidityNonsense Reason = "validity_inconsistent" // signed, from and until are out of order
)

// Holder binding.
const (
	ReasonNotPresented    Reason = "not_presented"          // a bare document
	ReasonDeviceSignature Reason = "device_signature"       // not the device key's, or not for this session
	ReasonDeviceMAC       Reason = "device_mac"             // not the device key's, or not for this session
	ReasonDeviceMACKey    Reason = "device_mac_unsupported" // a MAC where the reader has no key to check it with
	ReasonDeviceElements  Reason = "device_elements"        // the device signed what its issuer did not authorise it to
	ReasonTranscript      Reason = "session_transcript"     // the caller's session transcript cannot be read
	ReasonHolderSignature Reason = "holder_signature"       // the presentation is not signed by its holder
	ReasonHolderMismatch  Reason = "holder_mismatch"        // presented by another than the holder
	ReasonNonce           Reason = "nonce_mismatch"
	ReasonAudience        Reason = "audience_mismatch"
	ReasonPresentedThen   Reason = "presentation_time" // presented too long ago, or at a time to come
)

// Request match.
const (
	ReasonNothingAsked   Reason = "nothing_asked"
	ReasonDocumentType   Reason = "document_type" // another type of document
	ReasonElementMissing Reason = "element_missing"
	ReasonElementValue   Reason = "element_value" // it says something else than the purpose needs
)

// Status.
const (
	ReasonStatusAbsent      Reason = "status_absent"           // the document names no status list
	ReasonStatusInvalid     Reason = "status_invalid"          // ended by its issuer, who does not say why
	ReasonStatusUnsupported Reason = "status_unsupported"      // neither valid nor invalid
	ReasonStatusUntrusted   Reason = "status_untrusted"        // no trusted list issuer covers the list
	ReasonStatusUnavailable Reason = "status_unavailable"      // the list could not be fetched
	ReasonStatusMalformed   Reason = "status_malformed"        // not a status list token
	ReasonStatusKeys        Reason = "status_keys_unavailable" // the list issuer's keys could not be had
	ReasonStatusType        Reason = "status_type"             // a token, but not a status list token
	ReasonStatusAlgorithm   Reason = "status_algorithm"        // not ES256
	ReasonStatusKeyUnknown  Reason = "status_key_unknown"      // the list issuer does not publish the key
	ReasonStatusSignature   Reason = "status_signature"        // not signed by the list issuer
	ReasonStatusSubject     Reason = "status_subject"          // another list than the one asked for
	ReasonStatusIssued      Reason = "status_issued_in_future"
	ReasonStatusExpired     Reason = "status_expired"
	ReasonStatusIndex       Reason = "status_index" // the list has no such entry
	ReasonStatusStore       Reason = "status_store" // the store that is read beside the list lacks it, or holds less than it did
)

// A whole presentation, before or beside its documents.
const (
	ReasonNotShared   Reason = "not_shared"          // a document that was asked for is not in the answer
	ReasonDeclined    Reason = "declined"            // the holder chose not to share
	ReasonWalletError Reason = "wallet_error"        // the wallet could not answer
	ReasonResponse    Reason = "response_unreadable" // what the wallet sent cannot be read
	ReasonUnexpected  Reason = "not_asked_for"       // a document that nobody asked for
)
