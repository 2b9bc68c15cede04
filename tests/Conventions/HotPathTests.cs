using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using Xunit;

namespace Unkey.Conventions.Tests;

/// <summary>No method of the hot path has an instruction that allocates or throws, but for those named here with their reason.</summary>
public sealed class HotPathTests
{
    /// <summary>Type and method, and why what stands in it does no harm.</summary>
    private static readonly Dictionary<string, string> s_accepted = new()
    {
        ["LimitNameIndex.Build"] = "Scratch that grows to the largest request seen and is then reused.",
        ["VerifyKeyBody.ToEngine"] = "Scratch that grows to the largest request seen and is then reused.",
    };

    [Fact]
    public void NoMarkedMethodAllocatesOrThrowsByItself()
    {
        string[] findings =
        [
            .. HotPath.Methods.Where(method => !s_accepted.ContainsKey(HotPath.NameOf(method)))
                .SelectMany(method => AllocationScan.Findings(method).Select(finding => $"{HotPath.NameOf(method)}: {finding}")),
        ];
        Assert.True(findings.Length == 0, string.Join('\n', findings));
    }

    [Fact]
    public void EveryAcceptedMethodIsThereAndNeedsIt()
    {
        foreach (string name in s_accepted.Keys)
        {
            Assert.Contains(HotPath.Methods, method => HotPath.NameOf(method) == name && AllocationScan.Findings(method).Any());
        }
    }

    [Fact]
    public void EveryPartHasMarkedMethods() => Assert.All(
        HotPath.Assemblies, assembly => Assert.True(HotPath.Methods.Count(method => method.Module.Assembly == assembly) > 20, assembly.FullName));

    [Theory]
    [InlineData(nameof(Samples.NewObject), "a new Object")]
    [InlineData(nameof(Samples.NewArray), "a new array")]
    [InlineData(nameof(Samples.Boxed), "boxing of Int32")]
    [InlineData(nameof(Samples.Concatenated), "a call of String.Concat")]
    [InlineData(nameof(Samples.Thrown), "a throw")]
    [InlineData(nameof(Samples.Closed), "a new Func`1")]
    public void TheScanFindsWhatAllocates(string sample, string finding) => Assert.Contains(finding, AllocationScan.Findings(Sample(sample)));

    [Fact]
    public void TheScanIsQuietAboutWhatDoesNot() => Assert.Empty(AllocationScan.Findings(Sample(nameof(Samples.Quiet))));

    private static MethodInfo Sample(string name) => typeof(Samples).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!;

    private static class Samples
    {
        internal static object NewObject() => new();

        internal static byte[] NewArray(int n) => new byte[n];

        internal static bool Boxed(int n) => Equals(n, null);

        internal static string Concatenated(string a, string b) => a + b;

        internal static void Thrown() => throw new InvalidOperationException();

        internal static Func<int> Closed(int n) => () => n;

        internal static int Quiet(ReadOnlySpan<byte> bytes)
        {
            Span<byte> copy = stackalloc byte[16];
            bytes[..16].CopyTo(copy);
            KeyValuePair<int, int> pair = new(copy[0], copy[1]);
            switch (pair.Key)
            {
                case 0: return 1;
                case 1: return 2;
                case 2: return 3;
                default: return pair.Value;
            }
        }
    }
}
