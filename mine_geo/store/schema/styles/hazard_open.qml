<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Labeling" labelsEnabled="1">
  <renderer-v2 type="RuleRenderer" symbollevels="0" forceraster="0" enableorderby="0">
    <rules key="{root}">
      <rule key="{rule-0}" symbol="0" label="Confirmed hazardous area (CHA) · តំបន់គ្រោះថ្នាក់បានបញ្ជាក់ (CHA)" filter="&#34;area_type&#34; IN (&#39;CHA&#39;)"/>
      <rule key="{rule-1}" symbol="1" label="Suspected hazardous area (SHA) · តំបន់សង្ស័យគ្រោះថ្នាក់ (SHA)" filter="&#34;area_type&#34; IN (&#39;SHA&#39;)"/>
      <rule key="{rule-2}" symbol="2" label="Area type not recorded · មិនបានកត់ត្រាប្រភេទតំបន់" filter="(&#34;area_type&#34; IS NULL OR &#34;area_type&#34; NOT IN (&#39;SHA&#39;, &#39;CHA&#39;))"/>
      <rule key="{rule-3}" symbol="3" label="Status: open · ស្ថានភាព៖ មិនទាន់ធ្វើ" filter="(&#34;status&#34; IS NULL OR &#34;status&#34; NOT IN (&#39;worked_on&#39;, &#39;closed&#39;))"/>
      <rule key="{rule-4}" symbol="4" label="Status: worked on · ស្ថានភាព៖ កំពុងធ្វើ" filter="&#34;status&#34; IN (&#39;worked_on&#39;)"/>
      <rule key="{rule-5}" symbol="5" label="Status: closed · ស្ថានភាព៖ បានបិទ" filter="&#34;status&#34; IN (&#39;closed&#39;)"/>
    </rules>
    <symbols>
      <symbol type="fill" name="0" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <prop k="color" v="255,0,0,128"/>
          <prop k="outline_style" v="no"/>
          <prop k="style" v="solid"/>
</layer>
      </symbol>
      <symbol type="fill" name="1" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <prop k="color" v="244,167,24,128"/>
          <prop k="outline_style" v="no"/>
          <prop k="style" v="solid"/>
</layer>
      </symbol>
      <symbol type="fill" name="2" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleFill" enabled="1" locked="0" pass="0">
          <prop k="color" v="102,34,221,128"/>
          <prop k="outline_style" v="no"/>
          <prop k="style" v="solid"/>
</layer>
      </symbol>
      <symbol type="fill" name="3" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleLine" enabled="1" locked="0" pass="0">
          <prop k="capstyle" v="flat"/>
          <prop k="joinstyle" v="round"/>
          <prop k="line_color" v="255,0,0,255"/>
          <prop k="line_style" v="solid"/>
          <prop k="line_width" v="0.9"/>
          <prop k="line_width_unit" v="Point"/>
        </layer>
      </symbol>
      <symbol type="fill" name="4" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleLine" enabled="1" locked="0" pass="0">
          <prop k="capstyle" v="flat"/>
          <prop k="joinstyle" v="round"/>
          <prop k="line_color" v="244,167,24,255"/>
          <prop k="line_style" v="solid"/>
          <prop k="line_width" v="1.5"/>
          <prop k="line_width_unit" v="Point"/>
          <prop k="use_custom_dash" v="1"/>
          <prop k="customdash" v="3.75;3"/>
          <prop k="customdash_unit" v="Point"/>
        </layer>
      </symbol>
      <symbol type="fill" name="5" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleLine" enabled="1" locked="0" pass="0">
          <prop k="capstyle" v="flat"/>
          <prop k="joinstyle" v="round"/>
          <prop k="line_color" v="166,206,57,255"/>
          <prop k="line_style" v="solid"/>
          <prop k="line_width" v="1.5"/>
          <prop k="line_width_unit" v="Point"/>
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <labeling type="simple">
    <settings calloutType="simple">
      <text-style fieldName="array_to_string(array_remove_all(array(coalesce(&#34;hazard_id&#34;, &#39;&#39;)), &#39;&#39;), &#39;\n&#39;)" isExpression="1" fontSize="8" fontSizeUnit="Point" fontWeight="50" textColor="34,33,29,255" textOpacity="1" multilineHeight="1" namedStyle="">
        <text-buffer bufferDraw="1" bufferSize="1.5" bufferSizeUnits="Point" bufferColor="255,255,255,255" bufferOpacity="1" bufferJoinStyle="128"/>
      </text-style>
      <text-format multilineAlign="1"/>
      <placement placement="1" dist="0" distUnits="Point" quadOffset="4" centroidInside="1"/>
      <rendering drawLabels="1" scaleVisibility="1" scaleMin="1" scaleMax="60000" obstacle="0" upsidedownLabels="0"/>
    </settings>
  </labeling>
  <blendMode>0</blendMode>
  <featureBlendMode>0</featureBlendMode>
  <layerOpacity>1</layerOpacity>
</qgis>