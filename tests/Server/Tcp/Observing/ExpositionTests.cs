using Xunit;

namespace Unkey.Server.Tests.Tcp.Observing;

/// <summary>The strict reading of metrics can fail.</summary>
public sealed class ExpositionTests
{
    private const string HistogramHead = "# HELP unkey_a_seconds A.\n# TYPE unkey_a_seconds histogram\n";

    /// <summary>One breach each.</summary>
    [Theory]
    [InlineData("# HELP unkey_a_total A.\n# TYPE unkey_a_total gauge\nunkey_a_total 1\n")]
    [InlineData("# HELP unkey_a A.\n# TYPE unkey_a counter\nunkey_a 1\n")]
    [InlineData("# TYPE unkey_a gauge\nunkey_a 1\n")]
    [InlineData("# HELP unkey_a A.\n# TYPE unkey_a gauge\nunkey_a 1\nunkey_a 2\n")]
    [InlineData("# HELP unkey_a A.\n# TYPE unkey_a gauge\nunkey_a{b=\"c\"} 1\nunkey_a 2\n")]
    [InlineData("# HELP unkey_a A.\n# TYPE unkey_a gauge\n")]
    [InlineData("# HELP unkey_a_ms A.\n# TYPE unkey_a_ms gauge\nunkey_a_ms 1\n")]
    [InlineData("# HELP unkey_a A.\n# TYPE unkey_a gauge\nunkey_b 1\n")]
    [InlineData("# HELP unkey_a A.\n# TYPE unkey_a gauge\nunkey_a one\n")]
    [InlineData(HistogramHead + "unkey_a_seconds_bucket{le=\"1\"} 2\nunkey_a_seconds_bucket{le=\"+Inf\"} 1\nunkey_a_seconds_sum 1\nunkey_a_seconds_count 1\n")]
    [InlineData("# HELP unkey_a_seconds A.\n# TYPE unkey_a_seconds histogram\nunkey_a_seconds_bucket{le=\"1\"} 1\nunkey_a_seconds_sum 1\nunkey_a_seconds_count 1\n")]
    public void WhatBreaksTheConventionsIsFound(string text) => Assert.NotEmpty(new Exposition(text).Faults);
}
