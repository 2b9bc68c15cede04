using System;

namespace Unkey.Protocol;

/// <summary>Options that a client can name in fields that may be lists or be repeated.</summary>
[Flags]
internal enum HeadFlags
{
    None = 0,

    /// <summary>Connection names close.</summary>
    Close = 1,

    /// <summary>Connection names keep-alive.</summary>
    KeepAlive = 2,

    /// <summary>Expect is 100-continue.</summary>
    ExpectContinue = 4,

    /// <summary>Expect is something else.</summary>
    UnknownExpectation = 8,
}
