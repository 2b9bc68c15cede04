using System.Text;
using Unkey.Engine.Permissions;
using Xunit;

namespace Unkey.Engine.Tests.Permissions;

public sealed class ResourceGrantTests
{
    private const string Required = "unkey:v1:ws_1:keyspaces/ks_1/keys/k_1#read_key";

    [Theory]
    [InlineData("unkey:v1:ws_1:keyspaces/ks_1/keys/k_1#read_key")]
    [InlineData("unkey:v1:ws_1:keyspaces/*/keys/*#read_key")]
    [InlineData("unkey:v1:ws_1:*/*/*/*#read_key")]
    [InlineData("unkey:v1:ws_1:keyspaces/ks_1/**#read_key")]
    [InlineData("unkey:v1:ws_1:keyspaces/*/**#read_key")]
    [InlineData("unkey:v1:ws_1:keyspaces/ks_1/keys/k_1/**#read_key")]
    [InlineData("unkey:v1:ws_1:**#read_key")]
    [InlineData("unkey:v1:ws_1:**#*")]
    public void GrantCoversTheKey(string grant) => Assert.True(ResourceGrant.Covers(grant, Required));

    [Theory]
    [InlineData("unkey:v1:ws_1:keyspaces/ks_1#read_key")]
    [InlineData("unkey:v1:ws_1:keyspaces/*#read_key")]
    [InlineData("unkey:v1:ws_1:*#read_key")]
    [InlineData("unkey:v1:ws_1:keyspaces/ks_1/keys/*/*#read_key")]
    [InlineData("unkey:v1:ws_1:keyspaces/ks_1/keys/k_1/extra#read_key")]
    [InlineData("unkey:v1:ws_1:keyspaces/ks_2/keys/k_1#read_key")]
    [InlineData("unkey:v1:ws_1:keyspaces/ks_/keys/k_1#read_key")]
    [InlineData("unkey:v1:ws_1:keyspaces/ks_2/**#read_key")]
    [InlineData("unkey:v1:ws_2:**#*")]
    [InlineData("unkey:v1:WS_1:**#*")]
    [InlineData("unkey:v1:*:**#*")]
    [InlineData("unkey:v1:ws_1:keyspaces/ks_1/keys/k_1#update_key")]
    [InlineData("unkey:v1:ws_1:keyspaces/ks_1/keys/k_1#READ_KEY")]
    [InlineData("unkey:v2:ws_1:**#*")]
    [InlineData("api.*.read_key")]
    [InlineData("*")]
    [InlineData("")]
    public void GrantDoesNotCoverTheKey(string grant) => Assert.False(ResourceGrant.Covers(grant, Required));

    [Theory]
    [InlineData("unkey:v1:ws_1:keyspaces/*#*")]
    [InlineData("unkey:v1:ws_1:keyspaces/**#*")]
    [InlineData("unkey:v1:ws_1:*#*")]
    [InlineData("unkey:v1::**#*")]
    [InlineData("unkey:v1:ws/1:**#read_key")]
    [InlineData("unkey:v1:ws_1:#read_key")]
    [InlineData("unkey:v1:ws_1:/keyspaces#read_key")]
    [InlineData("unkey:v1:ws_1:keyspaces/#read_key")]
    [InlineData("unkey:v1:ws_1:keyspaces//ks_1#read_key")]
    [InlineData("unkey:v1:ws_1:keyspaces:ks_1#read_key")]
    [InlineData("unkey:v1:ws_1:keyspaces/ks_*#read_key")]
    [InlineData("unkey:v1:ws_1:**/keys#read_key")]
    [InlineData("unkey:v1:ws_1:***#read_key")]
    [InlineData("unkey:v1:ws_1:**")]
    [InlineData("unkey:v1:ws_1:**#")]
    [InlineData("unkey:v1:ws_1:**#_read")]
    [InlineData("unkey:v1:ws_1:**#read_")]
    [InlineData("unkey:v1:ws_1:**#read*")]
    [InlineData("unkey:v1:ws_1:**#**")]
    [InlineData("unkey:v1:ws_1:**#a/b")]
    [InlineData("unkey:v1:ws_1:**#a:b")]
    [InlineData("unkey:v1:ws_1:**#read_key#x")]
    [InlineData("unkey:v1:ws_1")]
    [InlineData("unkey:v1:")]
    public void StringThatBreaksTheGrammarIsIgnored(string grant)
    {
        Assert.False(ResourceGrant.IsValid(Encoding.UTF8.GetBytes(grant)));
        Assert.False(ResourceGrant.Covers(grant, Required));
    }

    [Fact]
    public void BaseOfATrailingDoubleStarIsCovered() =>
        Assert.True(ResourceGrant.Covers("unkey:v1:ws_1:keyspaces/ks_1/**#create_key", "unkey:v1:ws_1:keyspaces/ks_1#create_key"));

    [Fact]
    public void StarInARequirementIsASegmentLikeAnyOther()
    {
        const string AnyKey = "unkey:v1:ws_1:keyspaces/ks_1/keys/*#encrypt_key";
        Assert.True(ResourceGrant.Covers(AnyKey, AnyKey));
        Assert.True(ResourceGrant.Covers("unkey:v1:ws_1:keyspaces/ks_1/**#encrypt_key", AnyKey));
        Assert.False(ResourceGrant.Covers("unkey:v1:ws_1:keyspaces/ks_1/keys/k_1#encrypt_key", AnyKey));
    }
}
