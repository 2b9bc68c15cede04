namespace Unkey.Protocol;

/// <summary>What a parser says about the bytes that it has been given so far.</summary>
public enum ParseStatus
{
    /// <summary>The thing is whole and valid.</summary>
    Done,

    /// <summary>Everything so far is acceptable, and the end has not been seen.</summary>
    NeedMoreData,

    /// <summary>No continuation of these bytes is acceptable: answer with the reason's status code and close.</summary>
    Rejected,
}
