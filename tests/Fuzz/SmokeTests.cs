using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using Unkey.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Fuzz;

/// <summary>
/// Every target on its seeds, then on random changes of them for a while; <c>./fuzz</c> is the thorough way. UNKEY_FUZZ_SECONDS is the time of all
/// targets together, 60 by default.
/// </summary>
public sealed class SmokeTests(ITestOutputHelper output)
{
    private const int FlawedExecutionsMax = 500_000;

    private static readonly double s_secondsEach = Seconds() / FuzzTargets.All.Count;

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(static target => target.Name)];

    public static TheoryData<string> Flawed => [.. FuzzTargets.Flawed.Select(static target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Every_seed_passes(string name)
    {
        FuzzTarget target = FuzzTargets.Find(name)!;
        byte[][] seeds = [.. target.Seeds()];
        Assert.NotEmpty(seeds);
        Assert.All(seeds, target.Run);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Random_changes_of_the_seeds_find_nothing(string name)
    {
        FuzzTarget target = FuzzTargets.Find(name)!;
        Random random = TestSeed.Create(output, out string replay);
        Mutator mutator = new(target, random);
        long executions = 0;

        // The same seed gives the same sequence; how far it gets depends on the machine.
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalSeconds < s_secondsEach; executions++)
        {
            byte[] input = mutator.Next();
            try
            {
                target.Run(input);
            }
            catch (Exception exception)
            {
                Assert.Fail($"{replay}, execution {executions}\nKept, and shown again by: ./fuzz replay {name} {Keep(name, input)}\n{exception}");
            }
        }

        output.WriteLine($"{name}: {executions} executions in {s_secondsEach:F1} s");
        Assert.True(executions > 0, "Nothing was tried.");
    }

    /// <summary>A search that cannot find proves nothing: each control has one well-known flaw.</summary>
    [Theory]
    [MemberData(nameof(Flawed))]
    public void A_flaw_is_found(string name)
    {
        FuzzTarget target = FuzzTargets.Find(name)!;
        Assert.All(target.Seeds(), target.Run);
        Mutator mutator = new(target, TestSeed.Create(output, out string replay));
        for (int execution = 0; execution < FlawedExecutionsMax; execution++)
        {
            try
            {
                target.Run(mutator.Next());
            }
            catch (FuzzFinding finding)
            {
                output.WriteLine($"found by execution {execution}: {finding.Message}");
                return;
            }
        }

        Assert.Fail($"{replay}: {FlawedExecutionsMax} executions have not found what is known to be there.");
    }

    private static double Seconds() =>
        double.TryParse(Environment.GetEnvironmentVariable("UNKEY_FUZZ_SECONDS"), CultureInfo.InvariantCulture, out double seconds) ? seconds : 60;

    private static string Keep(string name, byte[] input)
    {
        string folder = Directory.CreateDirectory(Path.Combine(RepositoryPaths.Root, "artifacts", "fuzz", name, "found")).FullName;
        string path = Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(input))[..16]);
        File.WriteAllBytes(path, input);
        return Path.GetRelativePath(RepositoryPaths.Root, path);
    }
}
