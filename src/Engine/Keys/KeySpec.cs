using System;
using System.Collections.Generic;

namespace Unkey.Engine.Keys;

/// <summary>What a key record is made of; managed, cold, built by the control plane from the committed row.</summary>
public sealed class KeySpec
{
    /// <summary>SHA-256 of the key.</summary>
    public required KeyDigest Digest { get; init; }

    /// <summary>Key id; 1 to 65,535 bytes of UTF-8. Stored once when <see cref="Fragment"/> contains it.</summary>
    public required string KeyId { get; init; }

    /// <summary>Index of the owning workspace in the workspace registry.</summary>
    public required int WorkspaceIndex { get; init; }

    /// <summary>Index of the key's API in the API registry; -1 when it has none (a root key may not).</summary>
    public int ApiIndex { get; init; } = -1;

    /// <summary>False answers DISABLED.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Unix milliseconds after which the key is expired; null is never.</summary>
    public long? ExpiresAtMs { get; init; }

    /// <summary>Whether the key authenticates API calls.</summary>
    public bool IsRootKey { get; init; }

    /// <summary>For a root key, index of the workspace it manages; -1 when that workspace does not exist, and for other keys.</summary>
    public int ForWorkspaceIndex { get; init; } = -1;

    /// <summary>Credits that remain by the row, 0 or more; null is unlimited.</summary>
    public long? Credits { get; init; }

    /// <summary>Serial of the balance. Under another one than the running balance has, that one ends and this one begins.</summary>
    public long BalanceSerial { get; init; }

    /// <summary>How much of what was spent of this balance <see cref="Credits"/> already lacks, 0 or more.</summary>
    public long BalanceSpent { get; init; }

    /// <summary>Id of the identity the key is linked to; it may be published later, or never. Null is none.</summary>
    public string? IdentityId { get; init; }

    /// <summary>Effective permission slugs; duplicates are stored once.</summary>
    public IReadOnlyCollection<string> Permissions { get; init; } = [];

    /// <summary>Limits of the key itself; up to 65,535.</summary>
    public IReadOnlyList<LimitSpec> Limits { get; init; } = [];

    /// <summary>UTF-8 JSON of the constant members of the answer's <c>data</c>.</summary>
    public ReadOnlyMemory<byte> Fragment { get; init; }

    /// <summary>Whether <see cref="Fragment"/> lists roles.</summary>
    public bool HasRoles { get; init; }

    /// <summary>UTF-8 JSON of the constant members that only the answer of v1 has; up to 65,535 bytes, empty for none.</summary>
    public ReadOnlyMemory<byte> LegacyFragment { get; init; }
}
