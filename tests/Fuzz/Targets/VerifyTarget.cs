using System.Collections.Generic;
using Unkey.Protocol;
using Unkey.Tests.Oracles;

namespace Unkey.Fuzz.Targets;

/// <summary>Requests of verifyKey.</summary>
/// <param name="isFlawed">Compares with a reference that takes the first of repeated members, which has to be found.</param>
internal sealed class VerifyTarget(bool isFlawed = false) : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => isFlawed ? "flawed-verify" : "verify";

    /// <inheritdoc/>
    public override string Promise => isFlawed
        ? "must be found: a reference that takes the first of repeated members"
        : "verifyKey requests against the contract over System.Text.Json; before a guard page";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Words => JsonSeeds.Words;

    /// <inheritdoc/>
    public override IEnumerable<byte[]> Seeds() => isFlawed ? [[.. "{\"key\":\"a\",\"tags\":[]}"u8]] : JsonSeeds.All();

    /// <inheritdoc/>
    public override void Run(byte[] input)
    {
        string expected = VerifyKeyOutcome.Reference(input, firstWins: isFlawed);
        VerifyKeyRequestReader reader = new();
        Same(expected, VerifyKeyOutcome.Read(reader, input), "against the contract");
        Layouts.AtGuardPage(input, sequence => Same(expected, VerifyKeyOutcome.Read(reader, sequence.FirstSpan), "before a guard page, with a reader that was used"));
    }
}
