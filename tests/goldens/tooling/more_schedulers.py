"""More trajectories than schedulers.py: other spacings, prediction types, solver orders, Karras, zero terminal SNR, img2img.

`python more_schedulers.py OUT.json` writes all; tests/goldens/more-schedulers.json keeps a choice of them, rounded to 7 digits.
"""
import sys
import json, itertools
from schedulers import *
import warnings; warnings.filterwarnings('ignore')
C=[]
def add(n,c,cfg,steps,**k):
    try: C.append(run(n,c,cfg,steps,**k))
    except Exception as e: print('ERR',n,str(e)[:100])
V=dict(prediction_type='v_prediction')
for sp in ['linspace','leading','trailing']:
  for st in [1,2,3,7,13,30]:
    b=dict(timestep_spacing=sp,steps_offset=1 if sp=='leading' else 0)
    tag=f'{sp}-{st}'
    add('ddim-'+tag,DDIMScheduler,{**b,'clip_sample':True,'set_alpha_to_one':True},st)
    add('ddim-sample-'+tag,DDIMScheduler,{**b,'clip_sample':False,'prediction_type':'sample'},st)
    if st>1: add('pndm-'+tag,PNDMScheduler,{**b,'skip_prk_steps':True},st)
    if st>1: add('pndm-v-'+tag,PNDMScheduler,{**b,'skip_prk_steps':True,**V},st)
    add('euler-'+tag,EulerDiscreteScheduler,{**b,**V},st)
    add('euler-karras-'+tag,EulerDiscreteScheduler,{**b,'use_karras_sigmas':True,'final_sigmas_type':'sigma_min'},st)
    add('euler-a-v-'+tag,EulerAncestralDiscreteScheduler,{**b,**V},st)
    add('heun-'+tag,HeunDiscreteScheduler,{**b,'use_karras_sigmas':st%2==0},st)
    add('lms-'+tag,LMSDiscreteScheduler,{**b,'use_karras_sigmas':st%2==0,**V},st)
    for order in [1,2,3]:
      for kr in [False,True]:
        for alg in ['dpmsolver++','sde-dpmsolver++']:
          add(f'dpm{order}-{kr}-{alg}-{tag}',DPMSolverMultistepScheduler,{**b,'solver_order':order,'use_karras_sigmas':kr,'algorithm_type':alg,'solver_type':'heun' if kr else 'midpoint','euler_at_final':st==7,'lower_order_final':st!=13},st)
        for bh in ['bh1','bh2']:
          add(f'unipc{order}-{kr}-{bh}-{tag}',UniPCMultistepScheduler,{**b,'solver_order':order,'use_karras_sigmas':kr,'solver_type':bh,'predict_x0':st!=7,'lower_order_final':st!=13 or order<3,**(V if kr else {})},st)
for st in [1,2,4,8]: add(f'lcm-{st}',LCMScheduler,dict(original_inference_steps=50),st)
for cls in [DDIMScheduler,EulerDiscreteScheduler,EulerAncestralDiscreteScheduler,DPMSolverMultistepScheduler,UniPCMultistepScheduler,LCMScheduler]:
    add('zsnr-'+cls.__name__,cls,dict(rescale_betas_zero_snr=True,timestep_spacing='trailing',**V,**({'clip_sample':False} if cls in(DDIMScheduler,) else {})),9 if cls is not LCMScheduler else 4)
for sched in ['linear','squaredcos_cap_v2']:
  for cls in [DDIMScheduler,EulerDiscreteScheduler,DPMSolverMultistepScheduler,UniPCMultistepScheduler]:
    for kr in ([False,True] if cls is not DDIMScheduler else [False]):
      add(f'{sched}-{cls.__name__}-{kr}',cls,dict(beta_schedule=sched,beta_start=0.0001,beta_end=0.02,**({'use_karras_sigmas':True} if kr else {}),**({'clip_sample':False} if cls is DDIMScheduler else {}),**({'lambda_min_clipped':-5.1} if cls is DPMSolverMultistepScheduler else {})),11)
add('trained',DDIMScheduler,dict(trained_betas=[0.001+i*1e-5 for i in range(1000)],clip_sample=False),11)
add('interp-loglinear',EulerDiscreteScheduler,dict(interpolation_type='log_linear'),11)
add('sigmaminmax',EulerDiscreteScheduler,dict(use_karras_sigmas=True,sigma_min=0.1,sigma_max=10.),11)
for s in [.3,.55,.8,1.0]:
  for cls,cfg in [(DDIMScheduler,dict(clip_sample=False)),(PNDMScheduler,dict(skip_prk_steps=True,steps_offset=1)),(EulerDiscreteScheduler,{}),(EulerAncestralDiscreteScheduler,{}),(HeunDiscreteScheduler,{}),(LMSDiscreteScheduler,{}),(DPMSolverMultistepScheduler,{}),(DPMSolverMultistepScheduler,dict(algorithm_type='sde-dpmsolver++')),(UniPCMultistepScheduler,{})]:
    add(f'img2img-{s}-{cls.__name__}-{len(cfg)}',cls,cfg,12,strength=s)
for c in C:
    if 'config' in c: c['config']={k:v for k,v in c['config'].items()}
json.dump(dict(cases=C),open(sys.argv[1],'w'))
print(len(C))
