using System.Collections.Generic;
using Unkey.Load.Report;
using Xunit;

namespace Unkey.Load.Tests;

public sealed class ScenarioTests
{
    [Theory]
    [InlineData("closed-c1", "Closed loop, 1 connection")]
    [InlineData("closed-c1024", "Closed loop, 1024 connections")]
    [InlineData("closed-c64-d16", "Closed loop, 64 connections, 16 requests in flight on each")]
    [InlineData("open-c64-20000", "Open loop, 20,000 requests/s over 64 connections")]
    [InlineData("open-c64-50pct", "Open loop, 50 % of what each server answers in the closed loop, 64 connections")]
    [InlineData("start-empty", "Start and idle memory, empty store")]
    [InlineData("start-100000", "Start and idle memory, 100000 keys")]
    [InlineData("something-else", "something-else")]
    public void AScenarioIsNamedInWords(string name, string title) => Assert.Equal(title, new Scenario(name).Title);

    [Fact]
    public void ScenariosAreInTheOrderOfTheirStrain()
    {
        string[] order =
        [
            "closed-c1", "closed-c16", "closed-c64", "closed-c1024", "closed-c64-d16", "open-c64-10000", "open-c64-20000", "open-c64-50pct", "open-c64-80pct",
            "start-empty", "start-100000",
        ];
        List<Scenario> scenarios = [];
        for (int i = order.Length - 1; i >= 0; i--)
        {
            scenarios.Add(new Scenario(order[i]));
        }

        scenarios.Sort();
        Assert.Equal(order, scenarios.ConvertAll(static scenario => scenario.Name));
    }
}
