using System;
using Xunit.Abstractions;

namespace Unkey.Tests.Support;

/// <summary>The seed of a random test: new in each run, printed, and fixed by the variable UNKEY_TEST_SEED.</summary>
internal static class TestSeed
{
    public static Random Create(ITestOutputHelper output, out string replay)
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("UNKEY_TEST_SEED"), out int given)
            ? given
            : Random.Shared.Next();
        replay = $"UNKEY_TEST_SEED={seed}";
        output.WriteLine(replay);
        return new Random(seed);
    }
}
