using System;

namespace Unkey.Engine.Keys;

/// <summary>A key without credits, identity, permissions, roles and limits, as a load of millions of them passes it: nothing of it is managed.</summary>
/// <remarks>What it leaves out is as a <see cref="KeySpec"/> has it that says nothing of it.</remarks>
public readonly ref struct PlainKey
{
    /// <summary>SHA-256 of the key.</summary>
    public required KeyDigest Digest { get; init; }

    /// <summary>Index of the owning workspace in the workspace registry.</summary>
    public required int WorkspaceIndex { get; init; }

    /// <summary>Index of the key's API in the API registry; -1 when it has none.</summary>
    public required int ApiIndex { get; init; }

    /// <summary>False answers DISABLED.</summary>
    public required bool Enabled { get; init; }

    /// <summary>Unix milliseconds after which the key is expired; null is never.</summary>
    public long? ExpiresAtMs { get; init; }

    /// <summary>UTF-8 JSON of the constant members of the answer's <c>data</c>; it contains the key id as it is.</summary>
    public required ReadOnlySpan<byte> Fragment { get; init; }

    /// <summary>Where the key id begins in <see cref="Fragment"/>, 0 to 65,534.</summary>
    public required int KeyIdOffset { get; init; }

    /// <summary>Bytes of the key id.</summary>
    public required int KeyIdLength { get; init; }
}
