using System.Linq;
using Xunit;

namespace Unkey.Conventions.Tests;

/// <summary>The house rules over the text of the repository.</summary>
public sealed class TidyTests
{
    public static TheoryData<string> Rules => [.. HouseRule.All.Select(rule => rule.Name)];

    [Theory]
    [MemberData(nameof(Rules))]
    public void TheRepositoryKeepsTheRule(string name)
    {
        HouseRule rule = HouseRule.All.Single(rule => rule.Name == name);
        string[] violations = [.. SourceFile.All.SelectMany(rule.Violations)];
        Assert.True(violations.Length == 0, $"{violations.Length} places where not: {name}\n{string.Join('\n', violations.Take(40))}");
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void TheRuleCanFail(string name)
    {
        HouseRule rule = HouseRule.All.Single(rule => rule.Name == name);
        Assert.NotEmpty(rule.Violations(SourceFile.Sample(rule.SamplePath, rule.BadSample)));
        Assert.Empty(rule.Violations(SourceFile.Sample(rule.SamplePath, rule.GoodSample)));
    }

    [Fact]
    public void TheRulesSeeTheSources()
    {
        Assert.Contains(SourceFile.CSharp, file => file.Path == "src/Shared/HotPathAttribute.cs");
        Assert.Contains(SourceFile.CSharp, file => file.Path.StartsWith("src/Engine/", System.StringComparison.Ordinal));
        Assert.Contains(SourceFile.All, file => file.Path == "Directory.Packages.props");
        Assert.DoesNotContain(SourceFile.All, file => file.Path.Contains("/obj/"));
    }
}
