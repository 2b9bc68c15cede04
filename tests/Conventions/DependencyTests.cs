using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Unkey.Tests.Support;
using Xunit;

namespace Unkey.Conventions.Tests;

/// <summary>The dependency runs one way: Server knows Protocol and Engine, which know the base library alone.</summary>
public sealed class DependencyTests
{
    [Theory]
    [InlineData("Unkey.Protocol")]
    [InlineData("Unkey.Engine")]
    public void AnInnerAssemblyReferencesTheBaseLibraryAlone(string name) =>
        Assert.All(References(Assembly.Load(name)), reference => Assert.True(IsBaseLibrary(reference), $"{name} references {reference}"));

    [Fact]
    public void TheServerReferencesBoth()
    {
        // The control: the same reading of references finds those that are there.
        string[] references = [.. References(Assembly.Load("unkey"))];
        Assert.Contains("Unkey.Protocol", references);
        Assert.Contains("Unkey.Engine", references);
        Assert.Contains(references, reference => !IsBaseLibrary(reference));
    }

    [Theory]
    [InlineData("Protocol")]
    [InlineData("Engine")]
    public void AnInnerProjectReferencesNoProjectAndNoPackageButTheFence(string project)
    {
        XDocument document = XDocument.Load(Path.Combine(RepositoryPaths.Root, "src", project, project + ".csproj"));
        Assert.Empty(document.Descendants("ProjectReference"));
        Assert.Equal(
            ["Microsoft.CodeAnalysis.BannedApiAnalyzers"], document.Descendants("PackageReference").Select(item => (string?)item.Attribute("Include")));
        Assert.Contains(document.Descendants("AdditionalFiles"), item => (string?)item.Attribute("Include") == "BannedSymbols.txt");
    }

    [Theory]
    [InlineData("Protocol")]
    [InlineData("Engine")]
    public void TheFenceBansSocketsLinqAndTheWallClock(string project)
    {
        string banned = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "src", project, "BannedSymbols.txt"));
        Assert.All(["System.Net.Sockets", "System.Linq.Enumerable", "System.DateTime.UtcNow"], symbol => Assert.Contains(symbol, banned));
    }

    [Fact]
    public void EveryPackageHasItsReason()
    {
        string[] lines = File.ReadAllLines(Path.Combine(RepositoryPaths.Root, "Directory.Packages.props"));
        List<string> without = [];
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].Contains("<PackageVersion ", StringComparison.Ordinal) && !HasReasonAbove(i))
            {
                without.Add(lines[i].Trim());
            }
        }

        Assert.Empty(without);

        // Packages of one family follow each other under one comment.
        bool HasReasonAbove(int index)
        {
            int above = index - 1;
            while (lines[above].Contains("<PackageVersion ", StringComparison.Ordinal))
            {
                above--;
            }

            return lines[above].TrimEnd().EndsWith("-->", StringComparison.Ordinal);
        }
    }

    [Fact]
    public void EveryPackageVersionIsExact()
    {
        XDocument document = XDocument.Load(Path.Combine(RepositoryPaths.Root, "Directory.Packages.props"));
        Assert.All(
            document.Descendants("PackageVersion"), item => Assert.Matches(new Regex(@"^\d+\.\d+\.\d+(-[\w.]+)?$"), (string)item.Attribute("Version")!));
    }

    private static IEnumerable<string> References(Assembly assembly) => assembly.GetReferencedAssemblies().Select(reference => reference.Name!);

    private static bool IsBaseLibrary(string name) =>
        name.StartsWith("System.", StringComparison.Ordinal) && name is not ("System.CommandLine" or "System.Net.Sockets" or "System.Net.Http");
}
