using System.Text;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging.Abstractions;
using Unkey.Server.ControlPlane.Callers;
using Xunit;

namespace Unkey.Server.Tests.ControlPlane;

public sealed class AuthenticationThrottleTests
{
    private const long MinuteStart = 1_790_000_040_000;
    private const int Limit = 3;

    private readonly AuthenticationThrottle _throttle = new(Limit, NullLogger.Instance);

    [Fact]
    public void ASourceIsRefusedFromItsLimitToTheEndOfTheMinute()
    {
        for (int i = 0; i < Limit; i++)
        {
            Assert.False(_throttle.IsActive(MinuteStart));
            Assert.False(Refuses("192.0.2.1", MinuteStart));
            _throttle.Failed("192.0.2.1", MinuteStart + i);
        }

        Assert.True(_throttle.IsActive(MinuteStart + 59_999));
        Assert.True(_throttle.Refuses("192.0.2.1"u8, MinuteStart + 1, out int retryAfterSeconds));
        Assert.Equal(60, retryAfterSeconds);
        Assert.True(_throttle.Refuses("192.0.2.1"u8, MinuteStart + 59_999, out retryAfterSeconds));
        Assert.Equal(1, retryAfterSeconds);
        Assert.Equal(2, _throttle.Refused);
        Assert.False(_throttle.IsActive(MinuteStart + 60_000));
        Assert.False(Refuses("192.0.2.1", MinuteStart + 60_000));
        _throttle.Failed("192.0.2.1", MinuteStart + 60_000);
        Assert.False(_throttle.IsActive(MinuteStart + 60_000));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:1:2::1", "2001:DB8:1:2:0::7", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("unknown", "unknown", true)]
    [InlineData("unknown", "_hidden", false)]
    [InlineData("", "", true)]
    public void ASourceIsAnAddressOrThe64OfOne(string counted, string asked, bool isSame)
    {
        for (int i = 0; i < Limit; i++)
        {
            _throttle.Failed(counted, MinuteStart);
        }

        Assert.True(Refuses(counted, MinuteStart));
        Assert.Equal(isSame, Refuses(asked, MinuteStart));
    }

    [Fact]
    public void WithoutALimitNobodyIsRefused()
    {
        AuthenticationThrottle throttle = new(0, NullLogger.Instance);
        throttle.Failed("192.0.2.1", MinuteStart);
        Assert.False(throttle.IsActive(MinuteStart));
        Assert.False(throttle.Refuses("192.0.2.1"u8, MinuteStart, out _));
    }

    [Fact]
    public void ManyThreadsCountEveryFailure()
    {
        AuthenticationThrottle throttle = new(40_000, NullLogger.Instance);
        Parallel.For(0, 39_999, _ => throttle.Failed("192.0.2.1", MinuteStart));
        Assert.False(throttle.IsActive(MinuteStart));
        throttle.Failed("192.0.2.1", MinuteStart);
        Assert.True(throttle.Refuses("192.0.2.1"u8, MinuteStart, out _));
    }

    private bool Refuses(string address, long nowMs) => _throttle.Refuses(Encoding.UTF8.GetBytes(address), nowMs, out _);
}
