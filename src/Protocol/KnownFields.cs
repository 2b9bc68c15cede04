namespace Unkey.Protocol;

/// <summary>The fields that the server reads: for each its index in the field list plus one, zero when it is absent.
/// One struct, so that a new request clears all of them in one assignment.</summary>
internal struct KnownFields
{
    public int Host;
    public int Authorization;
    public int ContentType;
    public int ContentLength;
    public int TransferEncoding;
    public int Accept;
    public int UserAgent;
    public int XForwardedFor;
    public int TestTime;
    public int Metrics;

    /// <summary>What the Connection and Expect fields said.</summary>
    public HeadFlags Flags;

    /// <summary>The first fault of meaning found among the fields; reported when the head is complete.</summary>
    public RejectReason Fault;
}
