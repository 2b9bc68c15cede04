namespace Unkey.Protocol;

/// <summary>How far the head of the request that a connection is receiving has been read. One per connection;
/// <see langword="default"/> is the start of a request. Not thread-safe.</summary>
/// <remarks>It lets <see cref="HttpParser"/>, which is shared by the connections of one reactor, look at each byte of a
/// trickling head a constant number of times. It holds offsets from the first byte of the input, so while the parser
/// answers <see cref="ParseStatus.NeedMoreData"/> each call must show the same bytes again, with more behind them.</remarks>
public struct HeadScan
{
    /// <summary>Bytes that are known to hold no line end or control byte beyond the last complete line.</summary>
    internal int ScannedBytes;

    /// <summary>The first line that is not complete.</summary>
    internal LineCursor Line;

    /// <summary>Whether a byte of a request, other than empty lines before it, has been seen. Deadlines start with it.</summary>
    public readonly bool Started => Line.InFields || ScannedBytes > Line.Position;
}
