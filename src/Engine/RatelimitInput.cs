using System;
using Unkey.Engine.Keys;

namespace Unkey.Engine;

/// <summary>Everything a rate-limit decision is made of besides the tables. Lives on the caller's stack.</summary>
public ref struct RatelimitInput
{
    /// <summary>The authenticated root key: known, enabled, not expired, managing an enabled workspace. Checked by the caller.</summary>
    public KeyRecord Caller { get; set; }

    /// <summary>Whether a caller with the bare permission <c>*</c> may do everything, as in v1; otherwise it means nothing.</summary>
    public bool HonorsBareWildcard { get; set; }

    /// <summary>The checks, in the order of the request.</summary>
    public ReadOnlySpan<RatelimitRequest> Checks { get; set; }

    /// <summary>Namespaces and identifiers in UTF-8; see <see cref="RatelimitRequest"/>.</summary>
    public ReadOnlySpan<byte> Texts { get; set; }

    /// <summary>Unix milliseconds, from a clock that does not run backwards.</summary>
    public long NowMs { get; set; }

    /// <summary>Name or id of the namespace of a check.</summary>
    /// <param name="index">Index into <see cref="Checks"/>.</param>
    public readonly ReadOnlySpan<byte> Namespace(int index) => Texts.Slice(Checks[index].NamespaceOffset, Checks[index].NamespaceLength);

    /// <summary>Identifier of a check.</summary>
    /// <param name="index">Index into <see cref="Checks"/>.</param>
    public readonly ReadOnlySpan<byte> Identifier(int index) => Texts.Slice(Checks[index].IdentifierOffset, Checks[index].IdentifierLength);
}
